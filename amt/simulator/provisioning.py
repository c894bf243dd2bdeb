"""What makes a device one that is set up, and one that is not: commit and unprovision.

Source: amt-protocol.md 7.3 to 7.5 and 9. Return values are those of its appendix A.
"""

import secrets
from dataclasses import replace

from .audit_log import (
    CERTIFICATE_SET,
    PROVISIONED,
    SECURITY,
    TLS_CHANGED,
    TO_ADMIN_CONTROL,
    UNPROVISIONING,
)
from .device import Device
from .set_up import ControlMode, State
from .set_up_window import LATER_HOURS
from .setup_faults import SetupFault
from .tls_settings import LOCAL, REMOTE, TlsSettings

SUCCESS, INTERNAL_ERROR, NOT_PERMITTED, DATA_MISSING = 0, 1, 16, 2057
LOCAL_WSMAN, REMOTE_WSMAN = 3, 4  # who started it, in the audit log


def commit(device: Device) -> int:
    """Make what was set hold: a device in set-up is set up, and its network restarts."""
    if device.set_up.state is State.PRE:
        return INTERNAL_ERROR
    if lacks_data(device):
        return DATA_MISSING
    was_new = device.set_up.state is State.IN
    if SetupFault.STAYS_IN in device.setup_faults and was_new:
        device.restart_network()
        return SUCCESS
    apply_tls(device)
    if was_new:
        enter(device, ControlMode.ADMIN)
    device.is_gone = SetupFault.NEVER_RETURNS in device.setup_faults
    device.restart_network()
    return SUCCESS


def lacks_data(device: Device) -> bool:
    """Return whether something is missing that a commit needs."""
    settings, held = device.tls[REMOTE], device.credentials
    if settings.is_enabled and (held.bound is None or held.key_of(held.bound) is None):
        return True
    if settings.is_mutual and not (held.roots and device.is_clock_set):
        return True
    return device.set_up.dhcp and not host_name(device)


def host_name(device: Device) -> str:
    """Return the host name that was put, else the one that the device learnt."""
    put = device.stored.get(("AMT_GeneralSettings", "Intel(r) AMT: General Settings"), {})
    return str(put.get("HostName", device.host_name))


def apply_tls(device: Device) -> None:
    """Show the bound certificate, and open and close what the TLS settings say."""
    before, device.active_tls = device.active_tls, device.tls[REMOTE]
    if SetupFault.OLD_CERTIFICATE not in device.setup_faults:
        device.credentials.apply()
    if device.credentials.bound is not None:
        device.audit(SECURITY, CERTIFICATE_SET)
    device.certificate.ask_clients(device.credentials.roots if device.active_tls.is_mutual else ())
    if before != device.active_tls:
        modes = bytes(_mode(device.tls[which]) for which in (REMOTE, LOCAL))
        device.audit(SECURITY, TLS_CHANGED, modes)


def _mode(settings: TlsSettings) -> int:
    """Return how the audit log tells of TLS: none, of the server, mutual."""
    return settings.is_enabled + settings.is_mutual if settings.is_enabled else 0


def enter(device: Device, mode: ControlMode) -> None:
    """Be set up from now on, in this control mode."""
    device.set_up = replace(device.set_up, state=State.POST, control_mode=mode)
    device.window.close()
    device.host_setup.reset()
    if SetupFault.REFUSES_NEW_PASSWORD in device.setup_faults:
        device.gatekeeper.set_secret(device.gatekeeper.admin, secrets.token_hex(16))
    device.audit(SECURITY, PROVISIONED)


def upgrade(device: Device) -> None:
    """Go from client control to admin control."""
    device.set_up = replace(device.set_up, control_mode=ControlMode.ADMIN)
    device.host_setup.reset()
    device.audit(SECURITY, TO_ADMIN_CONTROL)


def unprovision(device: Device) -> int:
    """Be as new: only what belongs to MEBx and to the factory is kept."""
    if device.set_up.state is State.PRE:
        return NOT_PERMITTED
    _note(device)
    held = device.set_up
    device.set_up = replace(
        held,
        state=State.PRE,
        control_mode=ControlMode.NONE,
        is_small_business=False,
        remote_configuration=device.spec.remote_configuration,
        suffix="",
        server_name="",
        server_address="",
        host_name="",
        domain="",
        dhcp=True,
        hashes=[one for one in held.hashes if not one.is_own],
        is_activated=False,
        pid="",
        pps="",
        otp=bytes(32),
    )
    device.make_as_new()
    device.window.close()
    device.restart_network()
    return SUCCESS


def unprovision_partly(device: Device) -> int:
    """Wait for a server again, with what it takes to find and to trust it kept."""
    held = device.set_up
    is_enterprise = held.control_mode is ControlMode.ADMIN and not held.is_small_business
    if held.state is not State.POST or not is_enterprise:
        return NOT_PERMITTED
    _note(device)
    device.set_up = replace(
        held,
        state=State.IN,
        control_mode=ControlMode.NONE,
        host_name="",
        domain="",
        dhcp=True,
        is_activated=True,
        otp=bytes(32),
    )
    device.make_as_new(keeps_administrator=True)
    device.window.open(LATER_HOURS)
    device.restart_network()
    return SUCCESS


def _note(device: Device) -> None:
    device.audit(
        SECURITY, UNPROVISIONING, bytes([LOCAL_WSMAN if device.is_local else REMOTE_WSMAN])
    )
