"""What can go wrong between us and a Management Engine.

A class says what the caller does next, ``code`` what a person does next: one class may bear
several codes (``codes``). amt/codes explains each of them; the texts are made here.

* AmtError
  + AmtNotSetUp            no login or no mode yet        nothing was sent
  + AmtPlainNotAllowed     zone policy forbids plain HTTP nothing was sent
  + AmtAddressNotAllowed   no password goes there (D26)   nothing was sent
  + AmtHeldUp              its moment had passed          nothing was sent
  + AmtUnreachable         no connection was made         may be tried again
  + AmtTlsFailed           connected, no TLS              nothing was sent
    - AmtTlsTooOld         only a TLS version that the zone does not allow
  + AmtCertificateChanged  not the pinned certificate     nothing was sent: somebody must look
  + AmtRealmChanged        not the realm of before        no password was sent: somebody must look
  + AmtSetUpRefused        not to be set up, or not so    nothing was committed
  + AmtSignInRefused       401 with the login we have     not executed
  + AmtSignInStopped       refused often enough           nothing was sent
  + AmtBusy                too many at once               not executed, may be tried again
  + AmtFault               a SOAP fault                   not executed
  + AmtReturnValue         the method ran and said no     not executed
  + AmtBootNotOffered      it cannot boot from there      nothing was sent
  + AmtNoListener          no address for its events      nothing was sent
  + AmtNoAnswer            sent, but no answer came       see may_have_been_obeyed
  + AmtBadAnswer           an answer, but not AMT's       see may_have_been_obeyed

``str(error)`` is one sentence of cause, shown to the administrator as it is. ``error.detail`` is
what the device or the network said, for *Details*.
"""

import errno
import socket
from typing import ClassVar, Self

from amt.protocol import meanings
from amt.protocol.sentences import say

DETAIL_CHARACTERS = 500


class AmtError(Exception):
    """Base of all errors of a device.

    ``may_have_been_obeyed`` is True only when an order (not a read) went out with a valid login
    and what came back does not say whether it was carried out: sending it again might do it twice.
    """

    code = "amt-error"  # stable: kept with the task's line, searched by people
    codes: ClassVar[tuple[str, ...]] = ()  # the others that an error of this class may bear
    retry = False  # True: nothing reached the device, the same call may simply be made again

    def __init__(
        self,
        sentence: str = "",
        *,
        code: str = "",
        detail: str = "",
        may_have_been_obeyed: bool = False,
        **facts: object,
    ) -> None:
        self.code = code or self.code
        super().__init__(sentence or say(self.code, **facts))
        self.detail = bounded(detail)
        self.may_have_been_obeyed = may_have_been_obeyed

    def hide(self, secret: str) -> None:
        """Take a secret out of the detail: a device may say back what it was sent."""
        if secret:
            self.detail = self.detail.replace(secret, "…")


class AmtNotSetUp(AmtError):
    """There is no login or no mode for this device yet, or the vault does not give it out."""

    code = "not-set-up"
    codes = ("device-deleted", "no-management-certificate", "password-missing")  # and the vault's


class AmtPlainNotAllowed(AmtError):
    """The zone allows no plain HTTP and the device offers no TLS. Raised by the caller."""

    code = "plain-not-allowed"


class AmtAddressNotAllowed(AmtError):
    """The connection led to an address that no password may be sent to: nothing was sent."""

    code = "address-not-allowed"


class AmtHeldUp(AmtError):
    """The order was ready to go out only after ``send_before``: nothing was sent."""

    code = "held-up"


class AmtUnreachable(AmtError):
    """No TCP connection to the Management Engine: nothing was sent. See ``unreachable``."""

    code = "unreachable"
    codes = ("name-unknown", "no-route", "port-closed")
    retry = True


class AmtTlsFailed(AmtError):
    """The port is open, but no TLS session came about: nothing was sent."""

    code = "tls-failed"
    codes: ClassVar[tuple[str, ...]] = (
        "client-certificate",
        "no-tls",
        "tls-alert",
        "tls-dropped",
        "tls-gone",
    )


class AmtTlsTooOld(AmtTlsFailed):
    """The device speaks only a TLS that the profile in use does not accept."""

    code = "tls-too-old"


class AmtCertificateChanged(AmtError):
    """The certificate is not the pinned one: not one HTTP byte was sent."""

    code = "certificate-changed"

    def __init__(self, *, pinned: str, observed: str) -> None:
        super().__init__(detail=f"pinned {pinned}, shown {observed}")
        self.pinned = pinned
        self.observed = observed


class AmtRealmChanged(AmtError):
    """The challenge names another digest realm than before: no login was sent."""

    code = "realm-changed"

    def __init__(self, *, known: str, observed: str) -> None:
        super().__init__(detail=f"known {known}, shown {observed}")
        self.known = known
        self.observed = observed


class AmtSetUpRefused(AmtError):
    """The device does not let itself be set up, or not as it was told: nothing was committed."""

    code = "chain-refused"
    codes = (
        "clock-not-taken",
        "key-not-ready",
        "no-uuid",
        "not-back",
        "not-committed",
        "other-device",
        "password-not-taken",
        "set-up-already",
        "tls-not-taken",
    )


class AmtSignInRefused(AmtError):
    """The device answered 401 to the login we have; the order was not executed."""

    code = "sign-in-refused"


class AmtSignInStopped(AmtError):
    """The login was refused too often in a row, so it is shown no more. Raised by the caller."""

    code = "sign-in-stopped"


class AmtBusy(AmtError):
    """The device's web server has no room now; the request was not executed."""

    code = "device-busy"
    retry = True


class AmtFault(AmtError):
    """A SOAP fault. ``subcode`` is the one of WS-Management, e.g. ``wsman:AccessDenied``."""

    code = "fault"
    codes = ("access-denied", "device-busy", "device-fault", "not-supported")

    def __init__(self, subcode: str, reason: str) -> None:
        meaning = meanings.FAULTS.get(subcode, meanings.NO_FAULT)
        super().__init__(
            say("fault", words=meaning.words), code=meaning.code, detail=f"{subcode}: {reason}"
        )
        self.subcode = subcode
        self.reason = bounded(reason)


class AmtReturnValue(AmtError):
    """A method ran and returned something other than 0.

    ``is_pt_status``: the number is one of Intel's, not of the DMTF's.
    """

    code = "refused"
    codes = ("access-denied", "consent-needed", "device-busy", "device-fault", "not-supported")

    def __init__(self, method: str, value: int, *, is_pt_status: bool = False) -> None:
        meaning = meanings.of_return_value(value, is_pt_status=is_pt_status)
        self.method = method
        self.value = value
        self.meaning = meaning.words
        super().__init__(
            say("refused", method=method, value=value, words=meaning.words),
            code=meaning.code,
            detail=f"{method}: ReturnValue {value}",
        )


class AmtBootNotOffered(AmtError):
    """The device does not offer to boot from where it was to: nothing was sent."""

    code = "boot-not-offered"


class AmtNoListener(AmtError):
    """There is no address that this device could send its events to: nothing was sent."""

    code = "no-alert-address"
    codes = ("alerts-need-http",)


class AmtNoAnswer(AmtError):
    """The connection was made and no complete answer came.

    Before the login went out nothing can have been done; after it an order may have been obeyed.
    """

    code = "no-answer"
    codes = ("unresponsive",)
    is_dropped = False  # True: the other end hung up; False: it was silent for too long


ELSEWHERE = ("not-amt", "html", "not-http", "not-xml")  # the answer of something else than AMT
OF_REASON = {
    "truncated": "damaged-answer",
    "hostile": "hostile-answer",
    "too-big": "hostile-answer",
    "unexpected": "unexpected-answer",
    "no-ws-management": "no-ws-management",
    "no-older-interface": "no-older-interface",
    "http-status": "http-status",
    "no-digest": "no-digest",
}


class AmtBadAnswer(AmtError):
    """An answer came, but not one of WS-Management.

    ``reason``: not-amt, html, not-http, not-xml, or one of ``OF_REASON``.
    """

    code = "bad-answer"
    codes = tuple(sorted(set(OF_REASON.values())))

    def __init__(
        self,
        sentence: str = "",
        *,
        reason: str,
        detail: str = "",
        may_have_been_obeyed: bool = False,
        **facts: object,
    ) -> None:
        super().__init__(
            sentence,
            code=OF_REASON.get(reason, ""),
            detail=detail,
            may_have_been_obeyed=may_have_been_obeyed,
            **facts,
        )
        self.reason = reason

    def on(self, port: int) -> Self:
        """Name the port in the sentence, if what answers there is something else than AMT."""
        if self.reason in ELSEWHERE:
            self.args = (say(self.code, port=port),)
        return self


LONGEST_HOST = 60  # characters in a sentence
NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


def unreachable(port: int, cause: Exception | str, *, host: str = "") -> AmtUnreachable:
    """Return the error for a connection that was never made, told apart by what the system said."""
    code = "unreachable"
    if isinstance(cause, socket.gaierror):
        code = "name-unknown"
    elif isinstance(cause, ConnectionRefusedError):
        code = "port-closed"
    elif isinstance(cause, OSError) and cause.errno in NO_ROUTE:
        code = "no-route"
    where = bounded(host)[:LONGEST_HOST] or "this address"
    detail = str(cause) or type(cause).__name__
    return AmtUnreachable(code=code, port=port, host=where, detail=detail)


def bounded(text: str) -> str:
    """Return ``text`` on one line, printable, cut to what a page can show."""
    line = " ".join(text[: 4 * DETAIL_CHARACTERS].split())
    line = "".join(sign for sign in line if sign.isprintable())
    return line if len(line) <= DETAIL_CHARACTERS else line[: DETAIL_CHARACTERS - 1] + "…"
