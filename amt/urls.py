"""Addresses of what is Intel AMT's own."""

from django.urls import path

from amt.views import connection, onboarding, panel, settings, sign_in

app_name = "amt"
urlpatterns = [
    path("devices/<int:pk>/amt/", settings.settings, name="settings"),
    path("devices/<int:pk>/amt/delete/", settings.delete, name="delete_settings"),
    path("devices/<int:pk>/amt/find-again/", settings.forget, name="find_again"),
    path("devices/<int:pk>/amt/confirm/", settings.confirm, name="confirm_identity"),
    path("devices/<int:pk>/amt/panel/", panel.panel, name="panel"),
    path("devices/<int:pk>/amt/test/", connection.test_device, name="test_device"),
    path("devices/<int:pk>/amt/test/result/", connection.test_result, name="test_result"),
    path("devices/import/", onboarding.csv_import, name="csv_import"),
    path("amt/test/", connection.test, name="test_connection"),
    path("amt/test-credential/", sign_in.test_credential, name="test_credential"),
    path("devices/<int:pk>/amt/try-again/", sign_in.try_again, name="try_again"),
]
