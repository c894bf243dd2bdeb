"""What AMT_TLSSettingData holds, once for the network and once for the host itself."""

from dataclasses import dataclass

REMOTE, LOCAL = "Intel(r) AMT 802.3 TLS Settings", "Intel(r) AMT LMS TLS Settings"
FIRST_WITHOUT_PLAIN = (16, 1)


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """One instance."""

    is_enabled: bool = False
    is_mutual: bool = False
    accepts_plain: bool = True
    trusted_names: tuple[str, ...] = ()
