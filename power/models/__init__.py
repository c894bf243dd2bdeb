"""Power: the actions, the orders, and what orders them by the clock."""

from power.models.orders import (
    Boot,
    PowerAction,
    PowerOrder,
    PowerSample,
    Selection,
    boots,
    power_actions,
)
from power.models.schedules import CalendarFeed, PowerSchedule, ScheduledRun, SchedulePause

__all__ = [
    "Boot",
    "CalendarFeed",
    "PowerAction",
    "PowerOrder",
    "PowerSample",
    "PowerSchedule",
    "SchedulePause",
    "ScheduledRun",
    "Selection",
    "boots",
    "power_actions",
]
