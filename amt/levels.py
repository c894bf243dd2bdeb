"""The settings by level that every connection to a Management Engine obeys."""

from devices.levels import Key, declare

PLAIN_ALLOWED = declare(
    Key(
        "amt.plain_allowed",
        "Device Management",
        "AMT connections",
        "Plain HTTP allowed",
        "Talk to SMB devices without TLS. The password is sent as a digest, all else in the clear.",
        default=True,
    )
)
PLAIN_ALLOWED_ENTERPRISE = declare(
    Key(
        "amt.plain_allowed_enterprise",
        "Device Management",
        "AMT connections",
        "Plain port stays open in Enterprise Mode",
        "Provision leaves port 16992 open beside TLS. Off: the device closes it.",
        default=False,
    )
)
DISCOVERED_HOURS = declare(
    Key(
        "amt.discovered_hours",
        "Discovery and Deployment",
        "Discovered entry validity",
        "Valid for Provision",
        "How long after its last sign a discovered device may be provisioned, where the "
        "certificate of the device is made here.",
        default=12,
        unit="hours",
        least=1,
        most=255,
        levels=("zone",),
    )
)
DISCOVERED_HOURS_EXTERNAL = declare(
    Key(
        "amt.discovered_hours_external",
        "Discovery and Deployment",
        "Discovered entry validity",
        "Valid for external certificates",
        "The same where the device gets a certificate and key from outside.",
        default=24,
        unit="hours",
        least=1,
        most=255,
        levels=("zone",),
    )
)
LEGACY_ALLOWED = declare(
    Key(
        "amt.legacy_tls_allowed",
        "Device Management",
        "AMT connections",
        "TLS 1.0 and 1.1 allowed",
        "Talk to old firmware that knows no newer TLS.",
        default=False,
    )
)
