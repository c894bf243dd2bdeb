"""Who the device is: general settings, set-up, firmware versions, network ports."""

import hashlib
from dataclasses import replace
from typing import Any

from ..device import Device
from ..envelope import Properties
from ..resource import INSTANCE_ID, Resource
from ..soap_fault import SoapFault

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
        "DHCPEnabled": device.set_up.dhcp,
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


ADDRESS_FIELDS = frozenset(
    {"DefaultGateway", "IPAddress", "PrimaryDNS", "SecondaryDNS", "SubnetMask"}
)
WIRED = "Intel(r) AMT Ethernet Port Settings 0"


def _put_port(device: Device, present: Properties, changed: dict[str, Any]) -> Properties:
    """Take another way to an address; a device that is set up is off the network for a moment."""
    now = {**present, **changed}
    given = {name for name in ADDRESS_FIELDS & set(changed) if changed[name]}
    synchronized = bool(now.get("IpSyncEnabled"))
    if given and (now.get("DHCPEnabled") or synchronized):
        raise SoapFault("c:InvalidRepresentation", "An address goes with a fixed one only.")
    if not now.get("DHCPEnabled") and synchronized is not bool(now.get("SharedStaticIp")):
        raise SoapFault("c:InvalidRepresentation", "These settings exclude each other.")
    device.stored.setdefault(("AMT_EthernetPortSettings", str(present["InstanceID"])), {}).update(
        changed
    )
    if present["InstanceID"] == WIRED:
        device.set_up = replace(device.set_up, dhcp=bool(now.get("DHCPEnabled")))
        if device.set_up.is_done:
            device.restart_network()
    return {}


CLASSES = (
    Resource("AMT_GeneralSettings", INSTANCE_ID, _general, writable=GENERAL_WRITABLE),
    Resource("CIM_SoftwareIdentity", INSTANCE_ID, _software),
    Resource(
        "AMT_EthernetPortSettings",
        INSTANCE_ID,
        _ports,
        writable=ADDRESS_FIELDS
        | {"DHCPEnabled", "IpSyncEnabled", "LinkPolicy", "SharedDynamicIP", "SharedStaticIp"},
        optional={"SecondaryDNS": ""},
        put=_put_port,
    ),
)
