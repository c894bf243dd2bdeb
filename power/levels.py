"""The settings by level that power orders read."""

from devices.levels import Key, declare
from power.schedule_entries import SchedulesKey

CATEGORY = "Device Management"
SCHEDULES_PAGE = "Power Management Settings"
STARTS_PAGE = "Scheduled starts"
PAGE = "Power orders"

POWER_SCHEDULES = declare(
    SchedulesKey(
        "power.schedules",
        CATEGORY,
        SCHEDULES_PAGE,
        "Schedules",
        "What is ordered of devices by the clock.",
        default=[],
        template="power/_schedules_field.html",
    )
)
HOLD_OFF_MINUTES = declare(
    Key(
        "power.hold_off_minutes",
        CATEGORY,
        STARTS_PAGE,
        "Hold-off after a person's order",
        "So long schedules leave a device alone after somebody ordered its power. 0: not at all.",
        default=60,
        unit="min",
        least=0,
        most=1440,
    )
)
ZONE_STARTS = declare(
    Key(
        "power.zone_starts_per_minute",
        CATEGORY,
        STARTS_PAGE,
        "Scheduled starts a minute, whole zone",
        "At most so many orders of schedules go out in a minute. 0: as many as there are.",
        default=0,
        unit="devices",
        least=0,
        most=100_000,
        levels=("zone",),
    )
)
SERVER_STARTS = declare(
    Key(
        "power.server_starts_per_minute",
        CATEGORY,
        STARTS_PAGE,
        "Scheduled starts a minute, each server",
        "At most so many orders of schedules go out from one server in a minute. 0: no limit.",
        default=0,
        unit="devices",
        least=0,
        most=100_000,
        levels=("zone",),
    )
)
FOLDER_STARTS = declare(
    Key(
        "power.folder_starts_per_minute",
        CATEGORY,
        STARTS_PAGE,
        "Scheduled starts a minute, this folder",
        "At most so many devices of the folder and below start in a minute, so that a circuit "
        "is not overloaded. A folder below may have a limit of its own. 0: no limit.",
        default=0,
        unit="devices",
        least=0,
        most=100_000,
        levels=("folder",),
    )
)
START_JITTER = declare(
    Key(
        "power.start_jitter_percent",
        CATEGORY,
        STARTS_PAGE,
        "Jitter of limited starts",
        "Each start waits a random share more of the distance between two starts.",
        default=0,
        unit="%",
        least=0,
        most=100,
        levels=("zone",),
    )
)
ORDER_EXPIRY = declare(
    Key(
        "power.order_expiry_minutes",
        CATEGORY,
        PAGE,
        "Order expiry",
        "An order not sent in this time ends unsent: a late reset is worse than none.",
        default=15,
        unit="min",
        least=1,
        most=1440,
        levels=("zone",),
    )
)
TYPED_COUNT = declare(
    Key(
        "power.typed_count",
        CATEGORY,
        PAGE,
        "Number must be typed above",
        "Off, Reset and Power Cycle Reset of more devices ask for their number to be typed.",
        default=25,
        unit="devices",
        least=1,
        most=100_000,
        levels=("zone",),
    )
)
VERIFY_SECONDS = declare(
    Key(
        "power.verify_seconds",
        CATEGORY,
        PAGE,
        "Verify window",
        "How long to look for the evidence that an order was carried out.",
        default=60,
        unit="s",
        least=5,
        most=600,
    )
)
DEVICES_AT_ONCE = declare(
    Key(
        "power.devices_at_once",
        CATEGORY,
        PAGE,
        "Devices at once for each worker task",
        "How many devices one task of a server talks to at the same time.",
        default=250,
        unit="devices",
        least=1,
        most=1000,
        levels=("zone",),
    )
)
POLL_MINUTES = declare(
    Key(
        "power.poll_minutes",
        CATEGORY,
        "Power state poll",
        "Read power states every",
        "How often the power state is read in the background. 0 switches the poll off.",
        default=5,
        unit="min",
        least=0,
        most=1440,
    )
)
