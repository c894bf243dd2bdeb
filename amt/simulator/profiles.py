"""Firmware profiles: what one generation of AMT has, says and leaves out. Data only."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# Static RSA first: MeshCentral offers nothing else below TLS 1.3.
CIPHERS_OLD = "AES256-SHA:AES128-SHA:@SECLEVEL=0"
CIPHERS_NEW = "AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256:ECDHE-RSA-AES256-GCM-SHA384"

WIFI = frozenset(
    {
        "CIM_WiFiPort",
        "CIM_WiFiEndpointSettings",
        "AMT_WiFiPortConfigurationService",
    }
)
SINCE_10 = frozenset({"IPS_PowerManagementService"})
SINCE_12 = frozenset({"IPS_ScreenConfigurationService", "IPS_SecIOService"})
SINCE_16_1 = {"AMT_TLSSettingData": frozenset({"NonSecureConnectionsSupported"})}
NEW_BOOT_PROPERTIES = frozenset(
    {
        "BootguardStatus",
        "PlatformErase",
        "RPEEnabled",
        "RSEPassword",
        "SecureBootControlEnabled",
        "SecureErase",
        "UEFIHTTPSBootEnabled",
        "UEFILocalPBABootEnabled",
        "UefiBootNumberOfParams",
        "WinREBootEnabled",
    }
)


@dataclass(frozen=True, slots=True)
class Profile:
    """One firmware generation; a new one is one more entry in ``PROFILES``."""

    name: str
    version: str
    build: str
    qop: str = "auth"
    random_realm: bool = True  # older ones show four digits and zeros
    tls: tuple[ssl.TLSVersion, ssl.TLSVersion] = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    ciphers: str = CIPHERS_OLD
    writes_boot_records: bool = True
    shows_os_power_saving: bool = True
    strict_put: bool = False  # older ones fault on properties that are read-only
    absent_classes: frozenset[str] = frozenset()
    absent_properties: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hardware: str = "desktop-2022"

    @property
    def server(self) -> str:
        """Return the value of the HTTP Server header."""
        return f"Intel(R) Active Management Technology {self.version}.{self.build}"

    @property
    def major_minor(self) -> tuple[int, int]:
        """Return the version as RMCP and Identify tell it."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)


_V9_5 = Profile(
    name="9.5",
    version="9.5.60",
    build="1952",
    random_realm=False,
    strict_put=True,
    absent_classes=SINCE_10 | SINCE_12,
    absent_properties={
        "AMT_BootSettingData": NEW_BOOT_PROPERTIES | {"EnforceSecureBoot"},
        "AMT_BootCapabilities": frozenset({"BIOSSecureBoot", "SecureErase"}),
        "AMT_GeneralSettings": frozenset({"DHCPSyncRequiresHostname", "ThunderboltDockEnabled"}),
        "CIM_PhysicalMemory": frozenset({"MaxMemorySpeed"}),
        **SINCE_16_1,
    },
    hardware="laptop-2013",
)
_V11_8 = Profile(
    name="11.8",
    version="11.8.93",
    build="4323",
    strict_put=True,
    absent_classes=SINCE_12 | WIFI,
    absent_properties={
        "AMT_BootSettingData": NEW_BOOT_PROPERTIES - {"SecureErase", "RSEPassword"},
        "AMT_GeneralSettings": frozenset({"ThunderboltDockEnabled"}),
        **SINCE_16_1,
    },
    hardware="desktop-2017",
)
_V16_1 = Profile(
    name="16.1",
    version="16.1.25",
    build="1917",
    qop="auth-int, auth",
    tls=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    ciphers=CIPHERS_NEW,
    absent_classes=WIFI,
    absent_properties={"IPS_KVMRedirectionSettingData": frozenset({"RFBPassword"})},
)
_V16_1_NO_RECORDS = replace(
    _V16_1, name="16.1-no-records", writes_boot_records=False, shows_os_power_saving=False
)

PROFILES = {profile.name: profile for profile in (_V9_5, _V11_8, _V16_1, _V16_1_NO_RECORDS)}
