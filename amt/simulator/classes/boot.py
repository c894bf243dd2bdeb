"""Boot options: what the next boot, and only the next, is to do."""

from ..device import BOOT_SETTINGS, NO_ROLE, Device
from ..envelope import Properties
from ..resource import (
    FOUR_KEYS,
    INSTANCE_ID,
    Arguments,
    Output,
    Resource,
    done,
    number,
    service,
    target,
)

IS_NEXT_SINGLE_USE = 1
INVALID_REFERENCE, INVALID_PARAMETER = 4, 5
CONFIGURATION = "Intel(r) AMT: Boot Configuration 0"
SERVICE = "Intel(r) AMT Boot Service"
SOURCES = {
    "Intel(r) AMT: Force Hard-drive Boot": "CIM:Hard-Disk:1",
    "Intel(r) AMT: Force PXE Boot": "CIM:Network:1",
    "Intel(r) AMT: Force CD/DVD Boot": "CIM:CD/DVD:1",
}
SWITCHES = (
    "BIOSPause",
    "BIOSSetup",
    "ConfigurationDataReset",
    "EnforceSecureBoot",
    "ForcedProgressEvents",
    "LockKeyboard",
    "LockPowerButton",
    "LockResetButton",
    "LockSleepButton",
    "PlatformErase",
    "ReflashBIOS",
    "SecureErase",
    "UseIDER",
    "UseSOL",
    "UseSafeMode",
    "UserPasswordBypass",
)
NUMBERS = ("BootMediaIndex", "FirmwareVerbosity", "IDERBootDevice", "UefiBootNumberOfParams")
CAN = frozenset(
    {
        "BIOSReflash",
        "BIOSSetup",
        "ForceCDorDVDBoot",
        "ForceHardDriveBoot",
        "ForcePXEBoot",
        "ForcedProgressEvents",
        "IDER",
        "KeyboardLock",
        "SOL",
        "UserPasswordBypass",
    }
)
CANNOT = frozenset(
    {
        "BIOSPause",
        "BIOSSecureBoot",
        "ConfigurationDataReset",
        "ForceDiagnosticBoot",
        "ForceHardDriveSafeModeBoot",
        "PowerButtonLock",
        "ResetButtonLock",
        "SecureErase",
        "SleepButtonLock",
        "VerbosityQuiet",
        "VerbosityScreenBlank",
        "VerbosityVerbose",
    }
)


def _settings(device: Device) -> list[Properties]:
    return [
        {
            **dict.fromkeys(SWITCHES, False),
            **dict.fromkeys(NUMBERS, 0),
            "BIOSLastStatus": [2, 0],
            "BootguardStatus": 127,
            "ElementName": "Intel(r) AMT Boot Configuration Settings",
            "InstanceID": BOOT_SETTINGS[1],
            "OptionsCleared": BOOT_SETTINGS not in device.stored,
            "OwningEntity": "Intel(r) AMT",
            "RPEEnabled": False,
            "RSEPassword": "",
            "SecureBootControlEnabled": False,
            "UEFIHTTPSBootEnabled": False,
            "UEFILocalPBABootEnabled": False,
            "WinREBootEnabled": False,
        }
    ]


def _capabilities(device: Device) -> list[Properties]:
    return [
        {
            **dict.fromkeys(CAN, True),
            **dict.fromkeys(CANNOT, False),
            "ElementName": "Intel(r) AMT: Boot Capabilities",
            "InstanceID": "Intel(r) AMT:BootCapabilities 0",
        }
    ]


def _configurations(device: Device) -> list[Properties]:
    return [{"ElementName": "Intel(r) AMT: Boot Configuration", "InstanceID": CONFIGURATION}]


def _sources(device: Device) -> list[Properties]:
    return [
        {
            "ElementName": "Intel(r) AMT: Boot Source",
            "FailThroughSupported": 2,
            "InstanceID": instance_id,
            "StructuredBootString": text,
        }
        for instance_id, text in SOURCES.items()
    ]


def _service(device: Device) -> list[Properties]:
    return [
        service("CIM_BootService", SERVICE, EnabledState=2, OperationalStatus=0, RequestedState=12)
    ]


def _change_order(device: Device, arguments: Arguments) -> Output:
    source = target(arguments, "Source")
    if source is None:
        device.boot_source = ""
        return done()
    wanted = dict(source.selectors).get("InstanceID", "")
    if source.class_name != "CIM_BootSourceSetting" or wanted not in SOURCES:
        return done(INVALID_REFERENCE)
    device.boot_source = wanted
    return done()


def _set_role(device: Device, arguments: Arguments) -> Output:
    role, configuration = number(arguments, "Role"), target(arguments, "BootConfigSetting")
    if configuration is None or ("InstanceID", CONFIGURATION) not in configuration.selectors:
        return done(INVALID_REFERENCE)
    if role not in (IS_NEXT_SINGLE_USE, NO_ROLE):
        return done(INVALID_PARAMETER)
    device.boot_role = role
    return done()


CLASSES = (
    Resource(
        "AMT_BootSettingData",
        INSTANCE_ID,
        _settings,
        writable=frozenset({*SWITCHES, *NUMBERS}),
        write_only=frozenset({"RSEPassword"}),
    ),
    Resource("AMT_BootCapabilities", INSTANCE_ID, _capabilities),
    Resource(
        "CIM_BootConfigSetting",
        INSTANCE_ID,
        _configurations,
        methods={"ChangeBootOrder": _change_order},
    ),
    Resource("CIM_BootSourceSetting", INSTANCE_ID, _sources),
    Resource("CIM_BootService", FOUR_KEYS, _service, methods={"SetBootConfigRole": _set_role}),
)
