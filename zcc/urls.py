"""The addresses of the console."""

from django.urls import include, path

urlpatterns = [
    path("", include("devices.urls")),
    path("", include("power.urls")),
    path("", include("amt.urls")),
    path("vault/", include("vault.urls")),
]
