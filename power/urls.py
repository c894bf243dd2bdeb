"""Addresses of power."""

from django.urls import path

from power import views

app_name = "power"
urlpatterns = [
    path("power/dialog/", views.dialog, name="dialog"),
    path("power/order/", views.order, name="order"),
    path("power/read-state/", views.read_state, name="read_state"),
    path("power/chart/", views.chart, name="chart"),
    path("power/devices/<int:pk>/", views.panel, name="panel"),
    path("power/tasks/<int:pk>/actions/", views.job_actions, name="job_actions"),
    path("power/tasks/<int:pk>/retry/", views.retry, name="retry"),
]
