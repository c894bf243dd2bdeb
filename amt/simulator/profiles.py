"""Firmware profiles: what one generation of AMT has, says and leaves out. Data only."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

V1_0, V1_1 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

# Static RSA first: MeshCentral offers nothing else below TLS 1.3.
CIPHERS_OLD = "AES256-SHA:AES128-SHA:@SECLEVEL=0"
CIPHERS_12 = "AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA:@SECLEVEL=0"
CIPHERS_NEW = "AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
CIPHERS_ECDSA = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"

WIFI = frozenset(
    {
        "CIM_WiFiPort",
        "CIM_WiFiEndpointSettings",
        "AMT_WiFiPortConfigurationService",
    }
)
SINCE_5 = frozenset({"AMT_AuditLog"})
SINCE_6 = frozenset(
    {
        "CIM_FilterCollection",
        "CIM_FilterCollectionSubscription",
        "CIM_KVMRedirectionSAP",
        "CIM_ListenerDestination",
        "CIM_ListenerDestinationWSManagement",
        "IPS_KVMRedirectionSettingData",
        "IPS_OptInService",
    }
)
SINCE_6_1 = frozenset({"IPS_HostBasedSetupService"})
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


class Identity(Enum):
    """What a device proves itself by in TLS."""

    RSA_1024_SHA1 = "rsa-1024-sha1"
    RSA_2048 = "rsa-2048"
    ON_DIE = "on-die"  # an ECDSA leaf below a chain of on-die authorities


@dataclass(frozen=True, slots=True)
class Profile:
    """One firmware generation; a new one is one more entry in ``PROFILES``.

    Source: amt-protocol 1.3, 1.5, 3.4, 5.2, 13.7.
    """

    name: str
    version: str
    build: str = ""
    qop: str = "auth"
    random_realm: bool = True  # older ones show four digits and zeros
    tls: tuple[ssl.TLSVersion, ssl.TLSVersion] = (V1_0, V1_1)
    ciphers: str = CIPHERS_OLD
    identity: Identity = Identity.RSA_2048
    has_wsman: bool = True
    has_eoi: bool = False  # the older SOAP interface
    opens_plain: bool = True  # remotely, as it comes
    opens_rmcp: bool = True  # UDP 623, as it comes
    is_graceful: bool = True  # sleeps, shuts down and restarts through an agent on the host
    is_modern_standby: bool = False  # the host has no S3: it dozes while AMT calls it on
    writes_boot_records: bool = True
    shows_os_power_saving: bool = True
    strict_put: bool = False  # older ones fault on properties that are read-only
    absent_classes: frozenset[str] = frozenset()
    absent_properties: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hardware: str = "desktop-2022"

    @property
    def server(self) -> str:
        """Return the value of the HTTP Server header, of three or four parts."""
        full = f"{self.version}.{self.build}" if self.build else self.version
        return f"Intel(R) Active Management Technology {full}"

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
_V7_1 = replace(
    _V9_5,
    name="7.1",
    version="7.1.91",
    build="",
    identity=Identity.RSA_1024_SHA1,
    has_eoi=True,
    is_graceful=False,
)
_V5_2 = replace(
    _V7_1,
    name="5.2",
    version="5.2.57",
    tls=(V1_0, V1_0),
    absent_classes=_V9_5.absent_classes | SINCE_6 | SINCE_6_1,
)
_V3_2 = replace(
    _V5_2,
    name="3.2",
    version="3.2.20",
    opens_rmcp=False,
    absent_classes=_V5_2.absent_classes | SINCE_5 | WIFI,
    absent_properties={
        **_V9_5.absent_properties,
        "CIM_AssociatedPowerManagementService": frozenset({"AvailableRequestedPowerStates"}),
    },
)
_V2_6 = replace(_V3_2, name="2.6", version="2.6.0", has_wsman=False, writes_boot_records=False)
_V2_2 = replace(_V2_6, name="2.2", version="2.2.20")

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
_V12_0 = replace(
    _V11_8,
    name="12.0",
    version="12.0.92",
    build="2145",
    tls=(V1_1, V1_2),
    ciphers=CIPHERS_12,
    absent_classes=WIFI,
)
_V14_1 = replace(
    _V12_0,
    name="14.1",
    version="14.1.70",
    build="2228",
    qop="auth-int, auth",
    ciphers=CIPHERS_NEW + ":AES256-SHA:AES128-SHA:@SECLEVEL=0",
    strict_put=False,
)
_V16_1 = Profile(
    name="16.1",
    version="16.1.25",
    build="1917",
    qop="auth-int, auth",
    tls=(V1_2, V1_2),
    ciphers=CIPHERS_NEW,
    opens_plain=False,
    opens_rmcp=False,
    absent_classes=WIFI,
    absent_properties={"IPS_KVMRedirectionSettingData": frozenset({"RFBPassword"})},
)
_V16_0 = replace(
    _V16_1,
    name="16.0",
    version="16.0.15",
    build="1735",
    opens_plain=True,
    opens_rmcp=True,
    absent_properties=SINCE_16_1,
)
_V15_0 = replace(_V16_0, name="15.0", version="15.0.45", build="2411")
_V16_1_NO_RECORDS = replace(
    _V16_1, name="16.1-no-records", writes_boot_records=False, shows_os_power_saving=False
)
_V16_1_STANDBY = replace(_V16_1, name="16.1-standby", is_modern_standby=True)
_V19_0 = replace(
    _V16_1,
    name="19.0",
    version="19.0.5",
    build="1930",
    tls=(V1_2, V1_3),
    ciphers=CIPHERS_ECDSA,
    identity=Identity.ON_DIE,
)
_V22_0 = replace(_V19_0, name="22.0", version="22.0.1", build="1104", tls=(V1_3, V1_3))

PROFILES = {
    profile.name: profile
    for profile in (
        *(_V2_2, _V2_6, _V3_2, _V5_2, _V7_1, _V9_5, _V11_8, _V12_0, _V14_1, _V15_0, _V16_0),
        *(_V16_1, _V16_1_NO_RECORDS, _V16_1_STANDBY, _V19_0, _V22_0),
    )
}
