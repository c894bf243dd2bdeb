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
