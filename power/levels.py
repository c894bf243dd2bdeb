"""The settings by level that power orders read."""

from devices.levels import Key, declare

CATEGORY = "Device Management"
PAGE = "Power orders"

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
