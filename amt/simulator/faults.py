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
    SLEEPS_WITH_HOST = "sleeps-with-host"
    # The connection
    RESETS_CONNECTIONS = "resets-connections"
    DRIPS = "drips"
    STALLS_MID_ANSWER = "stalls-mid-answer"
    CLOSES_MID_ANSWER = "closes-mid-answer"
    # TLS
    TLS_ALERT = "tls-alert"
    TLS_STALLS = "tls-stalls"
    TLS_CLOSES = "tls-closes"
    NO_TLS_ON_TLS_PORT = "no-tls-on-tls-port"
    WANTS_CLIENT_CERTIFICATE = "wants-client-certificate"
    # HTTP
    NOT_HTTP = "not-http"
    EMPTY_ANSWER = "empty-answer"
    OTHER_ENCODING = "other-encoding"
    COMPRESSED_ANSWER = "compressed-answer"
    BAD_CHUNK_SIZE = "bad-chunk-size"
    LENGTH_TOO_LONG = "length-too-long"
    LENGTH_NEGATIVE = "length-negative"
    HUGE_HEADER = "huge-header"
    ENDLESS_HEADERS = "endless-headers"
    NOT_FOUND = "not-found"
    SERVER_ERROR = "server-error"
    NO_ROOM = "no-room"
    REDIRECTS = "redirects"
    # Sign-in
    OFFERS_BASIC_ONLY = "offers-basic-only"
    OFFERS_KERBEROS_ONLY = "offers-kerberos-only"
    NO_CHALLENGE = "no-challenge"
    CHALLENGE_WITHOUT_REALM = "challenge-without-realm"
    CHALLENGE_WITHOUT_NONCE = "challenge-without-nonce"
    UNKNOWN_ALGORITHM = "unknown-algorithm"
    UNKNOWN_QOP = "unknown-qop"
    # WS-Management and power
    FAULT_ACCESS_DENIED = "fault-access-denied"
    FAULT_INTERNAL_ERROR = "fault-internal-error"
    FAULT_TIMED_OUT = "fault-timed-out"
    ANSWERS_ANOTHER_CLASS = "answers-another-class"
    STATE_MISSING = "state-missing"
    STATE_UNHEARD_OF = "state-unheard-of"
    RETURN_VALUE_MISSING = "return-value-missing"
    RETURN_VALUE_IN_WORDS = "return-value-in-words"
    ORDER_IN_USE = "order-in-use"
    ORDER_NOT_FROM_HERE = "order-not-from-here"
    LOG_OF_GARBAGE = "log-of-garbage"


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
    Fault.RESETS_CONNECTIONS: "connections are made and reset at once",
    Fault.DRIPS: "answers come byte by byte, for minutes",
    Fault.STALLS_MID_ANSWER: "answers stop in the middle, the connection stays",
    Fault.CLOSES_MID_ANSWER: "answers stop in the middle, the connection is closed",
    Fault.TLS_ALERT: "TLS is broken off with an alert",
    Fault.TLS_STALLS: "the TLS port takes connections and says nothing",
    Fault.TLS_CLOSES: "the TLS port hangs up in the handshake",
    Fault.NO_TLS_ON_TLS_PORT: "the TLS port answers without TLS",
    Fault.WANTS_CLIENT_CERTIFICATE: "TLS lets in nobody without a certificate",
    Fault.NOT_HTTP: "answers are those of a shell",
    Fault.EMPTY_ANSWER: "answers are 200 and empty",
    Fault.OTHER_ENCODING: "answers are UTF-16",
    Fault.COMPRESSED_ANSWER: "answers are compressed, unasked",
    Fault.BAD_CHUNK_SIZE: "the size of a chunk is no number",
    Fault.LENGTH_TOO_LONG: "answers are shorter than they say, the connection stays",
    Fault.LENGTH_NEGATIVE: "the length of answers is below zero",
    Fault.HUGE_HEADER: "answers have a header of 100 kB",
    Fault.ENDLESS_HEADERS: "answers have 5,000 headers",
    Fault.NOT_FOUND: "answers are 404, as of firmware without WS-Management",
    Fault.SERVER_ERROR: "answers are 500 without a fault",
    Fault.NO_ROOM: "answers are 503",
    Fault.REDIRECTS: "answers lead elsewhere",
    Fault.OFFERS_BASIC_ONLY: "the sign-in offered is Basic",
    Fault.OFFERS_KERBEROS_ONLY: "the sign-in offered is Kerberos",
    Fault.NO_CHALLENGE: "a 401 offers no sign-in at all",
    Fault.CHALLENGE_WITHOUT_REALM: "the challenge names no realm",
    Fault.CHALLENGE_WITHOUT_NONCE: "the challenge has no nonce",
    Fault.UNKNOWN_ALGORITHM: "the challenge wants SHA-512",
    Fault.UNKNOWN_QOP: "the challenge wants a protection that nobody knows",
    Fault.FAULT_ACCESS_DENIED: "every request is denied by a fault",
    Fault.FAULT_INTERNAL_ERROR: "every request ends in a fault of the engine's own",
    Fault.FAULT_TIMED_OUT: "every request runs out of time inside",
    Fault.ANSWERS_ANOTHER_CLASS: "the power state is answered with another class",
    Fault.STATE_MISSING: "the power state lacks its number",
    Fault.STATE_UNHEARD_OF: "the power state is a number that nobody knows",
    Fault.RETURN_VALUE_MISSING: "orders are executed, and their answer lacks its value",
    Fault.RETURN_VALUE_IN_WORDS: "orders are executed, and their answer is a word",
    Fault.ORDER_IN_USE: "power orders are answered with 6 and not executed",
    Fault.ORDER_NOT_FROM_HERE: "power orders are answered with 4097 and not executed",
    Fault.LOG_OF_GARBAGE: "the event log holds bytes that mean nothing",
    Fault.SLEEPS_WITH_HOST: "the power policy is ON in S0: off the network unless the host is on",
    Fault.HALF_WAKES: "after each boot the operating system stays in standby until it is woken",
    Fault.CLOSES_SILENTLY_AFTER_401: "the connection is closed after a 401 that did not say so",
}
