"""What can go wrong between us and a Management Engine, cut by what the caller does next.

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
  + AmtSignInRefused       401 with the login we have     not executed
  + AmtBusy                too many at once               not executed, may be tried again
  + AmtFault               a SOAP fault                   not executed
  + AmtReturnValue         the method ran and said no     not executed
  + AmtNoAnswer            sent, but no answer came       see may_have_been_obeyed
  + AmtBadAnswer           an answer, but not AMT's       see may_have_been_obeyed

``str(error)`` is one sentence of cause and ``error.advice`` one of next step, both shown to the
administrator as they are. ``error.detail`` is what the device or the network said, for *Details*.
"""

from typing import Self

DETAIL_CHARACTERS = 500


class AmtError(Exception):
    """Base of all errors of a device.

    ``may_have_been_obeyed`` is True only when an order (not a read) went out with a valid login
    and what came back does not say whether it was carried out: sending it again might do it twice.
    """

    code = "amt-error"  # stable: kept with the task's line, searched by people
    retry = False  # True: nothing reached the device, the same call may simply be made again
    advice = ""

    def __init__(
        self, sentence: str, *, detail: str = "", may_have_been_obeyed: bool = False
    ) -> None:
        super().__init__(sentence)
        self.detail = bounded(detail)
        self.may_have_been_obeyed = may_have_been_obeyed

    def hide(self, secret: str) -> None:
        """Take a secret out of the detail: a device may say back what it was sent."""
        if secret:
            self.detail = self.detail.replace(secret, "…")


class AmtNotSetUp(AmtError):
    """There is no login or no mode for this device yet."""

    code = "not-set-up"
    advice = "Set it up."


class AmtPlainNotAllowed(AmtError):
    """The zone allows no plain HTTP and the device offers no TLS. Raised by the caller."""

    code = "plain-not-allowed"
    advice = "Set up TLS, or allow plain HTTP."

    def __init__(self) -> None:
        super().__init__("It offers no TLS, and the zone allows no plain HTTP.")


class AmtAddressNotAllowed(AmtError):
    """The connection led to an address that no password may be sent to: nothing was sent."""

    code = "address-not-allowed"
    advice = "Change the address."


class AmtHeldUp(AmtError):
    """The order was ready to go out only after ``send_before``: nothing was sent."""

    code = "held-up"
    advice = "Order again."

    def __init__(self) -> None:
        super().__init__("The server was held up for too long just before sending. Nothing sent.")


class AmtUnreachable(AmtError):
    """No TCP connection to the Management Engine: nothing was sent."""

    code = "unreachable"
    retry = True
    advice = "Check the plug, then test the connection."


class AmtTlsFailed(AmtError):
    """The port is open, but no TLS session came about: nothing was sent."""

    code = "tls-failed"
    is_dropped = False  # True: the other end hung up without saying why
    advice = "Check the port and the TLS profile."


class AmtTlsTooOld(AmtTlsFailed):
    """The device speaks only a TLS that the profile in use does not accept."""

    code = "tls-too-old"
    advice = "Allow older TLS for this device."


class AmtCertificateChanged(AmtError):
    """The certificate is not the pinned one: not one HTTP byte was sent."""

    code = "certificate-changed"
    advice = "Compare both fingerprints and confirm."

    def __init__(self, *, pinned: str, observed: str) -> None:
        super().__init__(
            "The device shows another certificate than the pinned one. We sent no password.",
            detail=f"pinned {pinned}, shown {observed}",
        )
        self.pinned = pinned
        self.observed = observed


class AmtRealmChanged(AmtError):
    """The challenge names another digest realm than before: no login was sent."""

    code = "realm-changed"
    advice = "Compare and confirm."

    def __init__(self, *, known: str, observed: str) -> None:
        super().__init__(
            "The device calls itself by another realm than before: replaced, or set up again? "
            "Nothing sent.",
            detail=f"known {known}, shown {observed}",
        )
        self.known = known
        self.observed = observed


class AmtSignInRefused(AmtError):
    """The device answered 401 to the login we have; the order was not executed."""

    code = "sign-in-refused"
    advice = "Choose another credential."


class AmtBusy(AmtError):
    """The device's web server has no room now; the request was not executed."""

    code = "device-busy"
    retry = True
    advice = "Wait a minute, then try again."


class AmtFault(AmtError):
    """A SOAP fault. ``subcode`` is the one of WS-Management, e.g. ``wsman:AccessDenied``."""

    code = "fault"
    advice = "Look at the device's own answer."

    def __init__(self, subcode: str, reason: str) -> None:
        super().__init__(f"The device would not do it ({subcode}).", detail=f"{subcode}: {reason}")
        self.subcode = subcode
        self.reason = bounded(reason)


MEANINGS = {
    1: "it does not know how",
    2: "not possible now",
    3: "it ran out of time",
    4: "it failed",
    5: "it does not accept the parameters",
    6: "in use",
    4097: "not possible from its present state",
    4098: "it does not know time limits",
    4099: "busy",
}


class AmtReturnValue(AmtError):
    """A method ran and returned something other than 0."""

    code = "refused"
    advice = "Read the state, then try another way."

    def __init__(self, method: str, value: int) -> None:
        self.method = method
        self.value = value
        self.meaning = MEANINGS.get(value, "not explained")
        super().__init__(
            f"The device refused {method} (its code {value}: {self.meaning}).",
            detail=f"{method}: ReturnValue {value}",
        )


class AmtNoAnswer(AmtError):
    """The connection was made and no complete answer came.

    Before the login went out nothing can have been done; after it an order may have been obeyed.
    """

    code = "no-answer"
    advice = "Read the state."
    is_dropped = False  # True: the other end hung up; False: it was silent for too long


ELSEWHERE = ("not-amt", "html", "not-http", "not-xml")


class AmtBadAnswer(AmtError):
    """An answer came, but not one of WS-Management.

    ``reason``: not-amt, html, not-http, not-xml, truncated, hostile, too-big, unexpected.
    """

    code = "bad-answer"
    advice = "Check the address."

    def __init__(
        self,
        sentence: str,
        *,
        reason: str,
        detail: str = "",
        may_have_been_obeyed: bool = False,
    ) -> None:
        super().__init__(sentence, detail=detail, may_have_been_obeyed=may_have_been_obeyed)
        self.reason = reason

    def on(self, port: int) -> Self:
        """Name the port in the sentence, if what answers there is something else than AMT."""
        if self.reason in ELSEWHERE:
            self.args = (
                f"The answer on port {port} is not AMT's: another web server at this address?",
            )
        return self


def unreachable(port: int, detail: str) -> AmtUnreachable:
    """Return the error for a connection that was never made."""
    return AmtUnreachable(
        f"No connection on port {port}: no standby power, or wrong address?", detail=detail
    )


def bounded(text: str) -> str:
    """Return ``text`` on one line, printable, cut to what a page can show."""
    line = " ".join(text[: 4 * DETAIL_CHARACTERS].split())
    line = "".join(sign for sign in line if sign.isprintable())
    return line if len(line) <= DETAIL_CHARACTERS else line[: DETAIL_CHARACTERS - 1] + "…"
