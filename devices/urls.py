"""Addresses of the console's own objects."""

from django.urls import URLPattern, path

from devices.views import (
    administrators,
    agents,
    audit,
    comments,
    device,
    devices,
    folders,
    help,
    home,
    inventory_filter,
    jobs,
    messages,
    people,
    search,
    searches,
    servers,
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
    # Agents
    path("agent/zcc_agent.py", agents.program, name="agent_program"),
    path("agent/enrol/", agents.enrol, name="agent_enrol"),
    path("agent/report/", agents.report, name="agent_report"),
    path("devices/agents/", agents.agents, name="agents"),
    path("devices/agents/tokens/<int:pk>/withdraw/", agents.withdraw_token, name="withdraw_token"),
    path("devices/<int:pk>/agent/", agents.install_agent, name="install_agent"),
    path("devices/<int:pk>/agent/revoke/", agents.revoke_agent, name="revoke_agent"),
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
    # Messages
    path("messages/", messages.messages, name="messages"),
    path("messages/csv/", messages.messages_csv, name="messages_csv"),
    path("messages/open/", messages.open_messages, name="open_messages"),
    path("messages/acknowledge/", messages.acknowledge, name="acknowledge_messages"),
    path("messages/delete/", messages.delete, name="delete_messages"),
    path("devices/<int:pk>/messages/", messages.device_messages, name="device_messages"),
    # Devices and folders
    path("devices/", devices.devices, name="devices"),
    path("devices/folder/<int:pk>/", devices.devices, name="folder"),
    path("devices/states/", devices.states, name="states"),
    path("devices/quick-tasks/", devices.quick_tasks, name="quick_tasks"),
    path("devices/columns/", devices.choose_columns, name="choose_columns"),
    path("devices/csv/", devices.export, name="export"),
    path("devices/filter/", inventory_filter.filter_inventory, name="filter_inventory"),
    path("devices/filter/names/", inventory_filter.fact_names, name="fact_names"),
    path("devices/filter/values/", inventory_filter.fact_values, name="fact_values"),
    path("devices/searches/", searches.searches, name="searches"),
    path("devices/searches/menu/", searches.searches_menu, name="searches_menu"),
    path("devices/searches/new/", searches.save_search, name="save_search"),
    path("devices/searches/<int:pk>/", searches.saved_search, name="saved_search"),
    path("devices/searches/<int:pk>/edit/", searches.edit_search, name="edit_search"),
    path("devices/searches/<int:pk>/delete/", searches.delete_search, name="delete_search"),
    path("devices/new/", device.device_new, name="device_new"),
    path("devices/edit/", device.device_edit_ticked, name="device_edit_ticked"),
    path("devices/delete/", device.devices_delete, name="devices_delete"),
    path("devices/move/", device.devices_move, name="devices_move"),
    path("devices/<int:pk>/", device.device, name="device"),
    path("devices/<int:pk>/state/", device.device_state, name="device_state"),
    path("devices/<int:pk>/tasks/", device.device_tasks, name="device_tasks"),
    path("devices/<int:pk>/edit/", device.device_edit, name="device_edit"),
    path("folders/lookup/", folders.folder_lookup, name="folder_lookup"),
    path("folders/<int:pk>/new/", folders.folder_new, name="folder_new"),
    path("folders/<int:pk>/rename/", folders.folder_rename, name="folder_rename"),
    path("folders/<int:pk>/move/", folders.folder_move, name="folder_move"),
    path("folders/<int:pk>/delete/", folders.folder_delete, name="folder_delete"),
    # Servers
    path("devices/servers/", servers.servers, name="servers"),
    path("devices/servers/lookup/", servers.server_lookup, name="server_lookup"),
    path("devices/servers/<int:pk>/", servers.server, name="server"),
    path("devices/servers/<int:pk>/rename/", servers.server_rename, name="server_rename"),
    path("devices/servers/<int:pk>/runs-on/", servers.server_runs_on, name="server_runs_on"),
    path("devices/servers/<int:pk>/delete/", servers.server_delete, name="server_delete"),
    # Search
    path("search/", search.search, name="search"),
    path("find/", search.find_pc, name="find"),
    # Help
    path("help/", help.help_page, name="help"),
    path("help/<slug:slug>/", help.help_page, name="help"),
    path("help/codes/<slug:code>/", help.help_code, name="help_code"),
    # Tasks
    path("tasks/", jobs.job_list, name="jobs"),
    path("tasks/running/", jobs.running, name="running"),
    path("tasks/status/", jobs.task_status, name="task_status"),
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
