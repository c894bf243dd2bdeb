"""The one exception inside the simulated firmware: a SOAP fault on its way to the client."""

from xml.sax.saxutils import escape

NO_ROUTE = (
    "No route can be determined to reach the destination role defined by the WSAddressing To."
)


class SoapFault(Exception):
    """A fault; ``subcode`` has the prefixes of an answer: a SOAP, b addressing, c WS-Management.

    ``space`` is the namespace of the prefix g, where it has that one.
    """

    def __init__(self, subcode: str, reason: str, status: int = 400, *, space: str = "") -> None:
        super().__init__(reason)
        self.subcode = subcode
        self.status = status
        self.space = space

    @classmethod
    def unreachable(cls) -> "SoapFault":
        """Return the fault for a class or an address that this firmware does not have."""
        return cls("b:DestinationUnreachable", NO_ROUTE)

    @property
    def body(self) -> str:
        """Return the fault element."""
        role = "a:Receiver" if self.status >= 500 else "a:Sender"
        return (
            f"<a:Fault><a:Code><a:Value>{role}</a:Value><a:Subcode><a:Value>{self.subcode}"
            "</a:Value></a:Subcode></a:Code><a:Reason>"
            f'<a:Text xml:lang="en-US">{escape(str(self))}</a:Text></a:Reason>'
            "<a:Detail></a:Detail></a:Fault>"
        )
