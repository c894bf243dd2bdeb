"""What can be made to go wrong on a simulated device, by its stable name."""

from enum import StrEnum


class Fault(StrEnum):
    """The names that tests, the command line and documentation use; never rename one."""

    SLOW = "slow"
    SILENT = "silent"
    REFUSES = "refuses"
    UNPLUGGED = "unplugged"
    DROPS_BEFORE_EXECUTING = "drops-before-executing"
    DROPS_AFTER_EXECUTING = "drops-after-executing"
    HANGS_AFTER_EXECUTING = "hangs-after-executing"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - the name of a fault
    CHANGED_REALM = "changed-realm"
    CHANGED_CERTIFICATE = "changed-certificate"
    ACCEPTS_AND_IGNORES = "accepts-and-ignores"
    REFUSES_ORDER = "refuses-order"
    STATE_UNREADABLE = "state-unreadable"
    TRUNCATED_XML = "truncated-xml"
    OVERSIZED_XML = "oversized-xml"
    ANSWERS_HTML = "answers-html"
    ANSWERS_HOSTILE_XML = "answers-hostile-xml"
    CLOSES_SILENTLY_AFTER_401 = "closes-silently-after-401"
    HALF_WAKES = "half-wakes"


MEANING = {
    Fault.SLOW: "each answer comes `slow_seconds` late",
    Fault.SILENT: "connections are accepted, nothing is ever answered, pings neither",
    Fault.REFUSES: "connections are refused, pings are not answered",
    Fault.UNPLUGGED: "connections time out, pings are not answered",
    Fault.DROPS_BEFORE_EXECUTING: "an order closes the connection and is not executed",
    Fault.DROPS_AFTER_EXECUTING: "an order is executed, then the connection is closed",
    Fault.HANGS_AFTER_EXECUTING: "an order is executed and never answered",
    Fault.WRONG_PASSWORD: "every log-in is answered with 401",
    Fault.CHANGED_REALM: "the digest realm is another one, as after a new set-up",
    Fault.CHANGED_CERTIFICATE: "TLS shows another certificate",
    Fault.ACCEPTS_AND_IGNORES: "orders are answered with 0 and not executed",
    Fault.REFUSES_ORDER: "power orders are answered with 2 and not executed",
    Fault.STATE_UNREADABLE: "reading the power state faults, orders work",
    Fault.TRUNCATED_XML: "answers end in the middle of an element",
    Fault.OVERSIZED_XML: "answers are 50 MB long",
    Fault.ANSWERS_HTML: "answers are a web page",
    Fault.ANSWERS_HOSTILE_XML: "answers declare entities that expand without end",
    Fault.HALF_WAKES: "after each boot the operating system stays in standby until it is woken",
    Fault.CLOSES_SILENTLY_AFTER_401: "the connection is closed after a 401 that did not say so",
}
