"""AMT_SetupAndConfigurationService: the calls that begin, end and undo set-up (7.4, 9)."""

import base64
from dataclasses import replace

from .. import provisioning
from ..device import Device
from ..envelope import Properties
from ..resource import FOUR_KEYS, Arguments, Output, Resource, done, number, service, text
from ..set_up import ControlMode, State, is_strong

SETUP = "Intel(r) AMT Setup and Configuration Service"
NOT_PERMITTED, INVALID_PARAMETER, INVALID_PASSWORD = 16, 36, 2054
ENTERPRISE, SMALL_BUSINESS, CLIENT_CONTROL = 1, 2, 4
HOURS = range(1, 25)
OTP_BYTES = range(8, 33)
FORBIDDEN = frozenset('",:')


def _setup(device: Device) -> list[Properties]:
    held = device.set_up
    names = {
        "ConfigurationServerFQDN": held.server_name,
        "DhcpDNSSuffix": held.dhcp_suffix,
        "TrustedDNSSuffix": held.suffix,
    }
    otp = held.otp if held.state is State.IN else bytes(32)
    return [
        service(
            "AMT_SetupAndConfigurationService",
            SETUP,
            EnabledState=5,
            PasswordModel=1,
            ProvisioningMode=_mode(device),
            ProvisioningServerOTP=base64.b64encode(otp).decode(),
            ProvisioningState=int(held.state),
            RequestedState=12,
            ZeroTouchConfigurationEnabled=held.remote_configuration,
            **{name: value for name, value in names.items() if value},
        )
    ]


def _mode(device: Device) -> int:
    if device.set_up.control_mode is ControlMode.CLIENT:
        return CLIENT_CONTROL
    is_small = device.set_up.is_small_business and device.profile.major_minor < (6, 0)
    return SMALL_BUSINESS if is_small else ENTERPRISE


def _put(device: Device, present: Properties, changed: dict[str, object]) -> Properties:
    """Take another server, or the password that it is to prove itself by."""
    held = device.set_up
    names = {"ConfigurationServerFQDN": "server_name", "ProvisioningServerOTP": "otp"}
    taken = {names[name]: value for name, value in changed.items() if name in names}
    if "otp" in taken:
        taken["otp"] = base64.b64decode(str(taken["otp"])).ljust(32, b"\0")[:32]
    zero_touch = changed.get("ZeroTouchConfigurationEnabled", held.remote_configuration)
    device.set_up = replace(held, remote_configuration=bool(zero_touch), **taken)  # type: ignore[arg-type]
    return {}


def _get_uuid(device: Device, arguments: Arguments) -> Output:
    return done(UUID=base64.b64encode(device.uuid.bytes_le).decode())


def _set_mebx_password(device: Device, arguments: Arguments) -> Output:
    """Change the password of the PC's own menu; that of the network is another."""
    is_client = device.set_up.control_mode is ControlMode.CLIENT
    if device.set_up.state is State.PRE or is_client:
        return done(NOT_PERMITTED)
    password = text(arguments, "Password")
    if not is_strong(password) or FORBIDDEN & set(password):
        return done(INVALID_PASSWORD)
    device.set_up = replace(device.set_up, password=password)
    return done()


def _commit(device: Device, arguments: Arguments) -> Output:
    return done(provisioning.commit(device))


def _unprovision(device: Device, arguments: Arguments) -> Output:
    if number(arguments, "ProvisioningMode") not in range(4):
        return done(INVALID_PARAMETER)
    return done(provisioning.unprovision(device))


def _unprovision_partly(device: Device, arguments: Arguments) -> Output:
    return done(provisioning.unprovision_partly(device))


def _extend(device: Device, arguments: Arguments) -> Output:
    """Have the set-up interface open for so many hours from now on."""
    hours = number(arguments, "Duration")
    if hours not in HOURS:
        return done(INVALID_PARAMETER)
    if device.set_up.state is not State.IN:
        return done(NOT_PERMITTED)
    device.window.open(hours)
    return done()


CLASSES = (
    Resource(
        "AMT_SetupAndConfigurationService",
        FOUR_KEYS,
        _setup,
        methods={
            "GetUuid": _get_uuid,
            "SetMEBxPassword": _set_mebx_password,
            "CommitChanges": _commit,
            "Unprovision": _unprovision,
            "PartialUnprovision": _unprovision_partly,
            "ExtendProvisioningPeriod": _extend,
        },
        reads=frozenset({"GetUuid"}),
        writable=frozenset({"ProvisioningServerOTP", "ZeroTouchConfigurationEnabled"}),
        optional={"ConfigurationServerFQDN": ""},
        put=_put,
    ),
)
