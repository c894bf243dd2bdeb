"""The older SOAP interface ("EOI") of firmware before AMT 9: version, power state, power orders.

zeep writes the requests and types the answers, after a WSDL of our own; connection, sign-in, pin
and limits are those of every session. Source: amt-protocol.md 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from amt.constants import (
    BASE_EOI,
    INTEL_OEM,
    NS_SOAP_11,
    BootTarget,
    PowerState,
    PtStatus,
    RemoteControlCommand,
    SpecialCommand,
    SystemPowerState,
)
from amt.protocol.documents import load
from amt.protocol.errors import (
    AmtBadAnswer,
    AmtBootNotOffered,
    AmtError,
    AmtFault,
    AmtReturnValue,
)
from amt.protocol.http.session import HttpSession
from amt.protocol.http.sign_in import Request, not_amt
from amt.protocol.http.transport import Response
from amt.protocol.safe_xml import excerpt, html, looks_like_html, parse
from amt.protocol.versions import is_before

REMOTE_CONTROL = "RemoteControl"
GREETING = f"/{REMOTE_CONTROL}Service"
FIRST_WSMAN = (3, 2)  # older firmware has no WS-Management, or too little of it
STATE_BITS = 0x0F
STATES = {
    SystemPowerState.S0: PowerState.ON,
    SystemPowerState.S1: PowerState.SLEEP_LIGHT,
    SystemPowerState.S2: PowerState.SLEEP_LIGHT,
    SystemPowerState.S3: PowerState.SLEEP_DEEP,
    SystemPowerState.S4: PowerState.HIBERNATE,
    SystemPowerState.S5: PowerState.OFF_SOFT,
    SystemPowerState.S4_OR_S5: PowerState.OFF_SOFT,
    SystemPowerState.MECHANICAL_OFF: PowerState.OFF_HARD,
}
COMMANDS = {
    PowerState.MASTER_BUS_RESET: RemoteControlCommand.RESET,
    PowerState.ON: RemoteControlCommand.POWER_UP,
    PowerState.OFF_SOFT: RemoteControlCommand.POWER_DOWN,
    PowerState.CYCLE_SOFT: RemoteControlCommand.POWER_CYCLE,
}
BOOTS = {
    BootTarget.PXE: SpecialCommand.PXE,
    BootTarget.DISK: SpecialCommand.HARD_DRIVE,
    BootTarget.CD: SpecialCommand.CD_DVD,
    BootTarget.BIOS: SpecialCommand.INTEL_OEM,
}
BODY, FAULT = f"{{{NS_SOAP_11}}}Body", f"{{{NS_SOAP_11}}}Fault"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a device can be ordered, as bits of amt-protocol.md 3.4."""

    oem: int
    special_commands: int
    system: int

    def boots_by(self, command: SpecialCommand) -> bool:
        """Return whether the next boot may be told to be of this kind."""
        if command is SpecialCommand.INTEL_OEM:
            return bool(self.oem & 0x08)  # BIOS setup
        return command is SpecialCommand.NONE or bool(self.special_commands & 0x80 << command)


def is_needed_by(firmware: str | None) -> bool:
    """Return whether a version is of firmware that has to be spoken to in this way."""
    return is_before(firmware, FIRST_WSMAN)


async def read_core_version(http: HttpSession) -> str:
    """Return the AMT version, such as 2.6.0."""
    answer = await _call(http, "SecurityAdministration", "GetCoreVersion")
    return str(answer.Version or "")


async def read_power_state(http: HttpSession) -> PowerState:
    """Return the power state in the numbers of WS-Management."""
    answer = await _call(http, REMOTE_CONTROL, "GetSystemPowerState")
    if answer.SystemPowerState is None:
        raise _unexpected("GetSystemPowerState", "SystemPowerState is missing or no number")
    number = int(answer.SystemPowerState) & STATE_BITS
    try:
        return STATES[SystemPowerState(number)]
    except ValueError:
        raise _unexpected("GetSystemPowerState", f"SystemPowerState is {number}") from None


async def read_capabilities(http: HttpSession) -> Capabilities:
    """Return what the device can be ordered."""
    answer = await _call(http, REMOTE_CONTROL, "GetRemoteControlCapabilities")
    return Capabilities(
        oem=int(answer.OemDefinedCapabilities or 0),
        special_commands=int(answer.SpecialCommandsSupported or 0),
        system=int(answer.SystemCapabilitiesSupported or 0),
    )


async def check_boot(http: HttpSession, target: BootTarget) -> None:
    """See to it that the device can be told to boot from ``target``.

    Raises:
        AmtBootNotOffered: it cannot.
    """
    able = await read_capabilities(http)
    if not able.boots_by(BOOTS[target]):
        detail = f"OEM {able.oem:#x}, special commands {able.special_commands:#x}"
        raise AmtBootNotOffered(detail=detail)


async def request_power_state(
    http: HttpSession,
    state: PowerState,
    *,
    boot: BootTarget | None = None,
    send_before: float | None = None,
) -> None:
    """Order ``state``, and where the boot that follows is to go.

    Raises:
        AmtReturnValue: the device said no.
        AmtHeldUp: ``send_before`` had passed; nothing was sent.
        AmtNoAnswer, AmtBadAnswer: it may have been obeyed.
    """
    arguments: dict[str, int] = {"Command": COMMANDS[state], "IanaOemNumber": INTEL_OEM}
    if boot:
        arguments["SpecialCommand"] = BOOTS[boot]
    if boot is BootTarget.BIOS:
        arguments["OEMparameters"] = 1
    await _call(
        http, REMOTE_CONTROL, "RemoteControl", arguments, is_order=True, send_before=send_before
    )


async def _call(
    http: HttpSession,
    service: str,
    method: str,
    arguments: dict[str, int] | None = None,
    *,
    is_order: bool = False,
    send_before: float | None = None,
) -> Any:
    """Call one method and return its answer, whose status is *success*."""
    body = _written(service, method, tuple((arguments or {}).items()))
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": f'"{_space(service)}#{method}"',
    }
    request = Request(f"/{service}Service", body, is_order, headers, send_before)
    async with http.one_at_a_time:
        response = await http.send(request)
    try:
        answer = _read(response, service, method, http.limits.max_bytes)
    except AmtError as error:
        error.hide(http.target.password)
        if isinstance(error, AmtBadAnswer):
            error.on(http.target.port).may_have_been_obeyed = is_order
        raise
    if answer.Status != PtStatus.SUCCESS:
        raise AmtReturnValue(method, int(answer.Status), is_pt_status=True)
    return answer


@cache
def _client() -> Any:
    return load("eoi.wsdl")


@cache
def _written(service: str, method: str, arguments: tuple[tuple[str, int], ...]) -> bytes:
    """Return the envelope of a request; there are few, and none holds a secret."""
    port = _client().bind("Device", service)
    envelope = _client().create_message(port, method, **dict(arguments))
    return b'<?xml version="1.0" encoding="UTF-8"?>' + etree.tostring(envelope)


def _read(response: Response, service: str, method: str, max_bytes: int) -> Any:
    """Return what an answer holds, typed; its status is a number."""
    if response.status not in (200, 400, 500):
        error = not_amt(response)
        if error.reason == "no-ws-management":  # AMT's own server, and no such path
            raise AmtBadAnswer(reason="no-older-interface", detail=error.detail)
        raise error
    return decode(response.body, service, method, max_bytes=max_bytes)


def decode(body: bytes, service: str, method: str, *, max_bytes: int) -> Any:
    """Return the answer of one method as zeep types it.

    Raises:
        AmtFault: it is a SOAP fault.
        AmtBadAnswer: it is not the answer of this method.
    """
    root = parse(body, max_bytes=max_bytes)
    content = root.find(BODY)
    if content is None or len(content) != 1:
        raise html(body) if looks_like_html(body) else _unexpected(method, excerpt(body))
    answer = content[0]
    if answer.tag == FAULT:
        code, reason = (answer.findtext(name) or "" for name in ("faultcode", "faultstring"))
        raise AmtFault(code.strip()[:80] or "unknown", reason)
    if answer.tag != f"{{{_space(service)}}}{method}Response":
        raise _unexpected(method, f"the answer is {answer.tag}")
    types = _client().wsdl.types
    value = types.get_element(answer.tag).parse(answer, types)
    if value is None or value.Status is None:
        raise _unexpected(method, "Status is missing or no number")
    return value


def _space(service: str) -> str:
    return f"{BASE_EOI}{service}/2004/01"


def _unexpected(method: str, what: str) -> AmtBadAnswer:
    return AmtBadAnswer(reason="unexpected", detail=f"{method}: {what}")
