"""Addresses of power."""

from django.urls import path

from power.views import orders, schedules

app_name = "power"
urlpatterns = [
    path("power/dialog/", orders.dialog, name="dialog"),
    path("power/order/", orders.order, name="order"),
    path("power/read-state/", orders.read_state, name="read_state"),
    path("power/chart/", orders.chart, name="chart"),
    path("power/devices/<int:pk>/", orders.panel, name="panel"),
    path("power/tasks/<int:pk>/actions/", orders.job_actions, name="job_actions"),
    path("power/tasks/<int:pk>/retry/", orders.retry, name="retry"),
    path("power/schedules/list/", schedules.schedule_list, name="schedule_list"),
    path("power/schedules/editor/", schedules.schedule_editor, name="schedule_editor"),
]
