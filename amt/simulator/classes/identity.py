"""Who the device is: general settings, set-up, firmware versions, network ports."""

import base64
import hashlib

from ..device import Device
from ..envelope import Properties
from ..resource import FOUR_KEYS, INSTANCE_ID, Arguments, Output, Resource, done, service

SETUP = "Intel(r) AMT Setup and Configuration Service"
HOST_SETUP = "Intel(r) AMT Host Based Setup Service"
SKU = 16392  # AMT, corporate


def _general(device: Device) -> list[Properties]:
    return [
        {
            "AMTNetworkEnabled": 1,
            "DDNSPeriodicUpdateInterval": 1440,
            "DDNSTTL": 900,
            "DDNSUpdateByDHCPServerEnabled": True,
            "DDNSUpdateEnabled": False,
            "DHCPSyncRequiresHostname": 1,
            "DHCPv6ConfigurationTimeout": 0,
            "DigestRealm": device.realm,
            "DomainName": device.domain,
            "ElementName": "Intel(r) AMT: General Settings",
            "HostName": device.host_name,
            "HostOSFQDN": f"{device.host_name}.{device.domain}",
            "IdleWakeTimeout": 1,
            "InstanceID": "Intel(r) AMT: General Settings",
            "NetworkInterfaceEnabled": True,
            "PingResponseEnabled": True,
            "PowerSource": 0,
            "PreferredAddressFamily": 0,
            "PresenceNotificationInterval": 0,
            "PrivacyLevel": 0,
            "RmcpPingResponseEnabled": True,
            "SharedFQDN": True,
            "ThunderboltDockEnabled": 0,
            "WsmanOnlyMode": False,
        }
    ]


GENERAL_WRITABLE = frozenset(
    {
        "AMTNetworkEnabled",
        "DDNSPeriodicUpdateInterval",
        "DDNSTTL",
        "DDNSUpdateByDHCPServerEnabled",
        "DDNSUpdateEnabled",
        "DHCPSyncRequiresHostname",
        "DHCPv6ConfigurationTimeout",
        "DomainName",
        "HostName",
        "HostOSFQDN",
        "IdleWakeTimeout",
        "NetworkInterfaceEnabled",
        "PingResponseEnabled",
        "PreferredAddressFamily",
        "PresenceNotificationInterval",
        "PrivacyLevel",
        "RmcpPingResponseEnabled",
        "SharedFQDN",
        "ThunderboltDockEnabled",
        "WsmanOnlyMode",
    }
)


def _setup(device: Device) -> list[Properties]:
    held = device.set_up
    names = {"ConfigurationServerFQDN": held.server_name, "TrustedDNSSuffix": held.suffix}
    small_business = 2 if device.profile.major_minor < (6, 0) else 1
    return [
        service(
            "AMT_SetupAndConfigurationService",
            SETUP,
            EnabledState=5,
            PasswordModel=1,
            ProvisioningMode=small_business if held.is_small_business else 1,
            ProvisioningServerOTP=base64.b64encode(bytes(32)).decode(),
            ProvisioningState=int(held.state),
            RequestedState=12,
            ZeroTouchConfigurationEnabled=held.remote_configuration,
            **{name: value for name, value in names.items() if value},
        )
    ]


def _get_uuid(device: Device, arguments: Arguments) -> Output:
    return done(UUID=base64.b64encode(device.uuid.bytes_le).decode())


def _host_setup(device: Device) -> list[Properties]:
    nonce = hashlib.sha256(f"{device.address}/{device.requests}".encode()).digest()[:20]
    return [
        service(
            "IPS_HostBasedSetupService",
            HOST_SETUP,
            AllowedControlModes=[2, 1],
            CertChainStatus=0,
            ConfigurationNonce=base64.b64encode(nonce).decode(),
            CurrentControlMode=2,
        )
    ]


def _software(device: Device) -> list[Properties]:
    version, build = device.profile.version, device.profile.build
    versions = {
        "Flash": version,
        "Netstack": version,
        "AMTApps": version,
        "AMT": version,
        "Sku": str(SKU),
        "VendorID": "8086",
        "Build Number": build,
        "Recovery Version": version,
        "Recovery Build Num": build,
        "Legacy Mode": "False",
        "AMT FW Core Version": version,
    }
    return [
        {"InstanceID": name, "IsEntity": True, "VersionString": value}
        for name, value in versions.items()
    ]


def mac_address(device: Device) -> str:
    """Return the wired port's address: locally administered, the same at each start."""
    digits = hashlib.sha256(device.address.encode()).hexdigest()[:10]
    return "-".join(["02", *(digits[at : at + 2] for at in range(0, 10, 2))])


def _ports(device: Device) -> list[Properties]:
    wired: Properties = {
        "DHCPEnabled": True,
        "DefaultGateway": "127.0.0.1",
        "ElementName": "Intel(r) AMT Ethernet Port Settings",
        "IPAddress": device.address,
        "InstanceID": "Intel(r) AMT Ethernet Port Settings 0",
        "IpSyncEnabled": True,
        "LinkIsUp": True,
        "LinkPolicy": [1, 14],
        "MACAddress": mac_address(device),
        "PhysicalConnectionType": 0,
        "PrimaryDNS": "127.0.0.1",
        "SharedDynamicIP": True,
        "SharedMAC": True,
        "SharedStaticIp": False,
        "SubnetMask": "255.0.0.0",
    }
    wireless: Properties = {
        "ConsoleTcpMaxRetransmissions": 5,
        "DHCPEnabled": True,
        "ElementName": "Intel(r) AMT Ethernet Port Settings",
        "InstanceID": "Intel(r) AMT Ethernet Port Settings 1",
        "LinkControl": 2,
        "LinkIsUp": False,
        "LinkPreference": 2,
        "MACAddress": "00-00-00-00-00-00",
        "PhysicalConnectionType": 3,
        "SharedMAC": True,
        "WLANLinkProtectionLevel": 1,
    }
    has_wifi = "CIM_WiFiPort" not in device.profile.absent_classes
    return [wired, wireless] if has_wifi else [wired]


CLASSES = (
    Resource("AMT_GeneralSettings", INSTANCE_ID, _general, writable=GENERAL_WRITABLE),
    Resource("AMT_SetupAndConfigurationService", FOUR_KEYS, _setup, methods={"GetUuid": _get_uuid}),
    Resource("IPS_HostBasedSetupService", FOUR_KEYS, _host_setup),
    Resource("CIM_SoftwareIdentity", INSTANCE_ID, _software),
    Resource("AMT_EthernetPortSettings", INSTANCE_ID, _ports),
)
