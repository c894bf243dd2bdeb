"""The codes of errors between us and a Management Engine, explained for Help."""

from ipaddress import ip_address

from amt import addresses
from amt.protocol.errors import (
    AmtAddressNotAllowed,
    AmtBadAnswer,
    AmtBusy,
    AmtCertificateChanged,
    AmtError,
    AmtFault,
    AmtHeldUp,
    AmtNoAnswer,
    AmtNotSetUp,
    AmtPlainNotAllowed,
    AmtRealmChanged,
    AmtReturnValue,
    AmtSignInRefused,
    AmtTlsFailed,
    AmtTlsTooOld,
    AmtUnreachable,
    unreachable,
)
from devices.codes import Code, declare

EXPLAINED: dict[type[AmtError], tuple[str, str]] = {
    AmtNotSetUp: (
        "Not set up: no SMB settings, not provisioned.",
        "The console does not know how to reach this device, or the password of its credential "
        "cannot be read: none is active, or the vault's key is missing.",
    ),
    AmtPlainNotAllowed: (
        str(AmtPlainNotAllowed()),
        "Only port 16992 answers, and the setting Plain HTTP allowed is off here.",
    ),
    AmtHeldUp: (
        str(AmtHeldUp()),
        "The lease of the line ended before its bytes could go out, so they were held back.",
    ),
    AmtUnreachable: (
        str(unreachable(16993, "")),
        "No connection came about, twice. The PC is unplugged or switched off at the mains, AMT "
        "is not enabled, the address is another's, or a firewall stands between. It says nothing "
        "about the operating system.",
    ),
    AmtTlsFailed: (
        "The port answers, but does not speak TLS.",
        "Something else listens at this port, or TLS was switched off on the device. A device "
        "that once showed a certificate is never talked to in the clear.",
    ),
    AmtTlsTooOld: (
        "It speaks only TLS older than 1.2, and the zone does not allow that.",
        "Firmware before about 2015 knows TLS 1.0 and 1.1 only.",
    ),
    AmtCertificateChanged: (
        str(AmtCertificateChanged(pinned="", observed="")),
        "After a new setup or a new mainboard that is expected. Otherwise another machine may be "
        "answering at this address.",
    ),
    AmtRealmChanged: (
        str(AmtRealmChanged(known="", observed="")),
        "Each setup of AMT gives the device a new realm. An unknown realm may also be another "
        "machine, and it would learn something from our answer, so we gave none.",
    ),
    AmtSignInRefused: (
        "The device refuses credential ME Labs. Nothing sent.",
        "The device answered and judged the login: wrong password, or a user name it does not "
        "know. Too many tries lock the login of some firmware for a while.",
    ),
    AmtBusy: (
        "The device has no room for another connection.",
        "A Management Engine serves very few connections at a time; another console may hold them.",
    ),
    AmtFault: (
        str(AmtFault("wsman:AccessDenied", "")),
        "The device understood the request and refused to process it. Its own words are behind "
        "the line's status.",
    ),
    AmtReturnValue: (
        str(AmtReturnValue("RequestPowerStateChange", 2)),
        "The device ran the method and returned a number other than 0.",
    ),
    AmtNoAnswer: (
        "The connection dropped before the answer was complete.",
        "The device took the connection and then fell silent or hung up.",
    ),
    AmtBadAnswer: (
        AmtBadAnswer("", reason="html").on(16992).args[0],
        "What answers there is not a Management Engine, or its answer was cut off, damaged, far "
        "too large or built to do harm.",
    ),
    AmtAddressNotAllowed: (
        addresses.refusal(ip_address("224.0.0.1"), practice=False),
        "Loopback addresses outside a practice zone (and all others inside one), link-local, "
        "multicast and broadcast addresses are never signed in to.",
    ),
}
ALSO_SKIPPED = (AmtNotSetUp,)

for _error, (_sentence, _cause) in EXPLAINED.items():
    _ends = ("skipped", "failed") if _error in ALSO_SKIPPED else ("failed",)
    declare(Code(_error.code, _ends, _sentence, _cause, _error.advice))
