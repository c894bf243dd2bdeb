"""Addresses of the console's own objects."""

from django.urls import URLPattern, path

from devices.views import jobs, people, settings

app_name = "devices"
urlpatterns: list[URLPattern] = [
    # People
    path("sign-in/", people.sign_in, name="sign_in"),
    path("sign-in/<str:token>/", people.sign_in_link, name="sign_in_link"),
    path("sign-out/", people.sign_out, name="sign_out"),
    path("my/password/", people.change_password, name="change_password"),
    path("my/settings/", people.preferences, name="preferences"),
    # Tasks
    path("tasks/", jobs.job_list, name="jobs"),
    path("tasks/running/", jobs.running, name="running"),
    path("tasks/lines/<int:pk>/", jobs.job_line, name="job_line"),
    path("tasks/<int:pk>/", jobs.job, name="job"),
    path("tasks/<int:pk>/stop/", jobs.job_stop, name="job_stop"),
    path("tasks/<int:pk>/csv/", jobs.job_csv, name="job_csv"),
    # Settings by level
    path("configuration/", settings.configuration, name="configuration"),
    path("configuration/settings/<slug:page>/", settings.zone_settings, name="zone_settings"),
    path(
        "configuration/settings/<slug:page>/overrides/",
        settings.setting_overrides,
        name="setting_overrides",
    ),
    path("folders/<int:pk>/settings/", settings.folder_settings, name="folder_settings"),
    path("folders/<int:pk>/settings/<slug:page>/", settings.folder_settings, name="folder_settings"),
    path("devices/<int:pk>/settings/", settings.device_settings, name="device_settings"),
    path("devices/<int:pk>/settings/<slug:page>/", settings.device_settings, name="device_settings"),
]
