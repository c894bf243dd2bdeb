"""The addresses of the console."""

from django.urls import include, path

urlpatterns = [
    path("", include("devices.urls")),
    path("", include("power.urls")),
    path("", include("amt.urls")),
    path("vault/", include("vault.urls")),
]

handler400 = "devices.views.errors.bad_request"
handler403 = "devices.views.errors.forbidden"
handler404 = "devices.views.errors.not_found"
handler500 = "devices.views.errors.server_error"
