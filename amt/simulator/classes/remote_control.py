"""Redirection, KVM and consent; what a device away from home or on WiFi would have."""

from ..device import Device
from ..envelope import Properties
from ..resource import (
    DEVICE_KEYS,
    ENGINE,
    FOUR_KEYS,
    HOST,
    INSTANCE_ID,
    Arguments,
    Output,
    Resource,
    done,
    number,
    service,
)

REDIRECTION_STATES = range(32768, 32772)
ENABLED, DISABLED = 2, 3
INVALID_PARAMETER = 5


def _redirection(device: Device) -> list[Properties]:
    return [
        service(
            "AMT_RedirectionService",
            "Intel(r) AMT Redirection Service",
            EnabledState=32771,
            ListenerEnabled=True,
        )
    ]


def _change_redirection(device: Device, arguments: Arguments) -> Output:
    wanted = number(arguments, "RequestedState")
    if wanted not in REDIRECTION_STATES:
        return done(INVALID_PARAMETER)
    device.stored.setdefault(("AMT_RedirectionService", ""), {})["EnabledState"] = wanted
    return done()


def _kvm(device: Device) -> list[Properties]:
    return [
        service(
            "CIM_KVMRedirectionSAP",
            "KVM Redirection Service Access Point",
            HOST,
            EnabledState=6,
            KVMProtocol=4,
            RequestedState=ENABLED,
        )
    ]


def _change_kvm(device: Device, arguments: Arguments) -> Output:
    wanted = number(arguments, "RequestedState")
    if wanted not in (ENABLED, DISABLED):
        return done(INVALID_PARAMETER)
    state = {ENABLED: 6, DISABLED: 3}[wanted]
    device.stored[("CIM_KVMRedirectionSAP", "")] = {
        "EnabledState": state,
        "RequestedState": wanted,
    }
    return done()


def _kvm_settings(device: Device) -> list[Properties]:
    return [
        {
            "BackToBackFbMode": False,
            "DefaultScreen": 0,
            "ElementName": "Intel(r) KVM Redirection Settings",
            "EnabledByMEBx": True,
            "InstanceID": "Intel(r) KVM Redirection Settings",
            "Is5900PortEnabled": False,
            "OptInPolicy": False,
            "OptInPolicyTimeout": 300,
            "RFBPassword": "",
            "SessionTimeout": 3,
        }
    ]


def _consent(device: Device) -> list[Properties]:
    return [
        service(
            "IPS_OptInService",
            "Intel(r) AMT OptIn Service",
            CanModifyOptInPolicy=1,
            OptInCodeTimeout=120,
            OptInDisplayTimeout=300,
            OptInRequired=0,
            OptInState=0,
        )
    ]


def _surroundings(device: Device) -> list[Properties]:
    return [
        {
            "DetectionAlgorithm": 0,
            "ElementName": "Intel(r) AMT Environment Detection Settings",
            "InstanceID": "Intel(r) AMT Environment Detection Settings",
        }
    ]


def _screens(device: Device) -> list[Properties]:
    return [
        service("IPS_ScreenConfigurationService", "Intel(r) AMT Screen Service", EnabledState=0)
    ]


def _secure_io(device: Device) -> list[Properties]:
    return [service("IPS_SecIOService", "SecIO", HOST, RequestedState=12, language=0, zoom=1)]


def _wifi_port(device: Device) -> list[Properties]:
    return [
        {
            "CreationClassName": "CIM_WiFiPort",
            "DeviceID": "WiFi Port 0",
            "ElementName": "WiFi Port",
            "EnabledState": 32768,
            "HealthState": 5,
            "LinkTechnology": 11,
            "RequestedState": 12,
            "SystemCreationClassName": "CIM_ComputerSystem",
            "SystemName": ENGINE,
        }
    ]


def _wifi_service(device: Device) -> list[Properties]:
    return [
        service(
            "AMT_WiFiPortConfigurationService",
            "Intel(r) AMT WiFi Port Configuration Service",
            EnabledState=5,
            LastConnectedSsidUnderMeControl="",
            NoHostCsmeSoftwarePolicy=2,
            RequestedState=12,
            localProfileSynchronizationEnabled=0,
        )
    ]


def _none(device: Device) -> list[Properties]:
    return []


CLASSES = (
    Resource(
        "AMT_RedirectionService",
        FOUR_KEYS,
        _redirection,
        methods={"RequestStateChange": _change_redirection},
        writable=frozenset({"EnabledState", "ListenerEnabled"}),
    ),
    Resource("CIM_KVMRedirectionSAP", FOUR_KEYS, _kvm, methods={"RequestStateChange": _change_kvm}),
    Resource(
        "IPS_KVMRedirectionSettingData",
        INSTANCE_ID,
        _kvm_settings,
        writable=frozenset(
            {
                "BackToBackFbMode",
                "DefaultScreen",
                "Is5900PortEnabled",
                "OptInPolicy",
                "OptInPolicyTimeout",
                "SessionTimeout",
            }
        ),
        write_only=frozenset({"RFBPassword"}),
    ),
    Resource("IPS_OptInService", FOUR_KEYS, _consent, writable=frozenset({"OptInRequired"})),
    Resource("AMT_EnvironmentDetectionSettingData", INSTANCE_ID, _surroundings),
    Resource("IPS_ScreenConfigurationService", FOUR_KEYS, _screens),
    Resource("IPS_SecIOService", FOUR_KEYS, _secure_io, writable=frozenset({"language", "zoom"})),
    Resource("CIM_WiFiPort", DEVICE_KEYS, _wifi_port),
    Resource("AMT_WiFiPortConfigurationService", FOUR_KEYS, _wifi_service),
    Resource("CIM_WiFiEndpointSettings", INSTANCE_ID, _none),
    Resource("AMT_ManagementPresenceRemoteSAP", FOUR_KEYS, _none),
    Resource("AMT_RemoteAccessPolicyAppliesToMPS", ("ManagedElement", "PolicySet"), _none),
    Resource("AMT_RemoteAccessPolicyRule", ("PolicyRuleName",), _none),
)
