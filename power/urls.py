"""Addresses of power."""

from django.urls import path

from power.views import calendar, exports, orders, pauses, schedules

app_name = "power"
urlpatterns = [
    path("power/dialog/", orders.dialog, name="dialog"),
    path("power/order/", orders.order, name="order"),
    path("power/read-state/", orders.read_state, name="read_state"),
    path("power/chart/", orders.chart, name="chart"),
    path("power/devices/<int:pk>/", orders.panel, name="panel"),
    path("power/tasks/<int:pk>/actions/", orders.job_actions, name="job_actions"),
    path("power/tasks/<int:pk>/retry/", orders.retry, name="retry"),
    # Schedules
    path("calendar/", calendar.zone_calendar, name="calendar"),
    path("calendar/csv/", exports.calendar_csv, name="calendar_csv"),
    path("calendar/skip/", pauses.skip, name="skip"),
    path("calendar/feed/<str:token>.ics", exports.calendar_ics, name="calendar_ics"),
    path("calendar/feed/<int:pk>/", exports.calendar_feed, name="calendar_feed"),
    path("calendar/pause/<int:pk>/", pauses.pause, name="pause"),
    path("calendar/resume/<int:pk>/", pauses.resume, name="resume"),
    path("folders/<int:pk>/calendar/", calendar.folder_calendar, name="folder_calendar"),
    path("devices/<int:pk>/schedules/", calendar.device_schedules, name="device_schedules"),
    path("devices/<int:pk>/schedules/release/", pauses.release, name="release"),
    path("schedules/<uuid:entry>/", calendar.schedule, name="schedule"),
    path("power/schedules/list/", schedules.schedule_list, name="schedule_list"),
    path("power/schedules/editor/", schedules.schedule_editor, name="schedule_editor"),
]
