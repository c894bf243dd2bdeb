"""Addresses of the console's own objects."""

from django.urls import URLPattern, path

from devices.views import (
    administrators,
    audit,
    comments,
    home,
    jobs,
    people,
    settings,
)

app_name = "devices"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    # People
    path("sign-in/", people.sign_in, name="sign_in"),
    path("sign-in/<str:token>/", people.sign_in_link, name="sign_in_link"),
    path("sign-out/", people.sign_out, name="sign_out"),
    path("my/password/", people.change_password, name="change_password"),
    path("my/settings/", people.preferences, name="preferences"),
    # Administrators
    path("configuration/administrators/", administrators.administrators, name="administrators"),
    path(
        "configuration/administrators/new/",
        administrators.new_administrator,
        name="new_administrator",
    ),
    path("configuration/administrators/<int:pk>/", administrators.person, name="person"),
    path(
        "configuration/administrators/<int:pk>/edit/",
        administrators.edit_person,
        name="edit_person",
    ),
    path(
        "configuration/administrators/<int:pk>/disable/",
        administrators.disable_person,
        name="disable_person",
    ),
    path(
        "configuration/administrators/<int:pk>/enable/",
        administrators.enable_person,
        name="enable_person",
    ),
    path(
        "configuration/administrators/<int:pk>/reset/",
        administrators.reset_person,
        name="reset_person",
    ),
    path(
        "configuration/administrators/<int:pk>/roles/",
        administrators.assign_role,
        name="assign_role",
    ),
    path("configuration/roles/<int:pk>/", administrators.change_role, name="change_role"),
    path("configuration/roles/<int:pk>/remove/", administrators.remove_role, name="remove_role"),
    # Audit and comments
    path("audit/", audit.audit, name="audit"),
    path("audit/csv/", audit.audit_csv, name="audit_csv"),
    path("devices/<int:pk>/audit/", audit.device_audit, name="device_audit"),
    path("comments/new/", comments.comment, name="comment"),
    path("configuration/comments/", comments.comments, name="comments"),
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
    path(
        "folders/<int:pk>/settings/<slug:page>/", settings.folder_settings, name="folder_settings"
    ),
    path("devices/<int:pk>/settings/", settings.device_settings, name="device_settings"),
    path(
        "devices/<int:pk>/settings/<slug:page>/", settings.device_settings, name="device_settings"
    ),
]
