"""What the words and numbers of devices mean: SOAP faults, return values, TLS alerts.

Each has its meaning in plain words, and, where a person has to do something of its own about it,
the code that the error then bears. Source: DSP0226, DSP1027, Intel's PT_STATUS, RFC 8446.
"""

import re
from typing import NamedTuple


class Meaning(NamedTuple):
    """Plain words that end a sentence, and the stable code; empty: that of the error's class."""

    words: str
    code: str = ""


FAULTS = {
    "wsa:DestinationUnreachable": Meaning("it has no such class", "not-supported"),
    "wsa:ActionNotSupported": Meaning("it does not know this method", "not-supported"),
    "wsa:MessageInformationHeaderRequired": Meaning("it misses a header in our request"),
    "wsa:InvalidMessageInformationHeader": Meaning("it does not accept a header of our request"),
    "wsman:InvalidSelectors": Meaning("it has no such object"),
    "wsman:SchemaValidationError": Meaning("it does not know the form of our request"),
    "wsman:InvalidParameter": Meaning("it does not accept the values"),
    "wxf:InvalidRepresentation": Meaning("it does not accept the values"),
    "wsman:AccessDenied": Meaning("access denied", "access-denied"),
    "wsman:AlreadyExists": Meaning("it has such an object already"),
    "wsman:CannotProcessFilter": Meaning("it cannot filter what it lists"),
    "wsman:UnsupportedFeature": Meaning("it lacks what was asked for", "not-supported"),
    "wsman:EncodingLimit": Meaning("the answer would be too large for it"),
    "wsman:TimedOut": Meaning("it ran out of time", "device-busy"),
    "wsman:QuotaLimit": Meaning("too much is asked of it at once", "device-busy"),
    "wsman:Concurrency": Meaning("somebody else changes the same thing now", "device-busy"),
    "wsman:InternalError": Meaning("it has a fault of its own", "device-fault"),
    "wsen:InvalidEnumerationContext": Meaning("it forgot the list that it was reading out"),
    "wse:DeliveryModeRequestedUnavailable": Meaning("it does not deliver events that way"),
    "wse:EventSourceUnableToProcess": Meaning("it takes no further subscription"),
    "s:MustUnderstand": Meaning("it does not know a header that it would have to"),
    "s:Receiver": Meaning("it has a fault of its own", "device-fault"),
}
NO_FAULT = Meaning("it gave a reason that is not in our books")

# DMTF: what the methods of CIM classes return.
RETURNED = {
    1: Meaning("it does not know how", "not-supported"),
    2: Meaning("not possible now"),
    3: Meaning("it ran out of time"),
    4: Meaning("it failed"),
    5: Meaning("it does not accept the parameters"),
    6: Meaning("in use", "device-busy"),
    4097: Meaning("not possible from its present state"),
    4098: Meaning("it does not know time limits"),
    4099: Meaning("busy", "device-busy"),
}
NOT_EXPLAINED = Meaning("not explained")

# Intel's PT_STATUS: what the methods of AMT_ and IPS_ classes return.
PT_STATUS = """
1 internal error | 2 not ready | 3 wrong mode | 4 wrong length of message
5 fingerprint not available | 6 integrity check failed | 7 version not supported
8 application not registered | 9 wrong registration data | 10 no such application
11 not enough storage | 12 wrong name | 13 no such block | 14 wrong offset | 15 wrong byte count
16 not permitted | 17 not the owner | 18 locked by another | 19 not locked
20 wrong group permissions | 21 no such group | 22 wrong member count | 23 limit reached
24 wrong kind of sign-in | 25 sign-in failed | 26 wrong DHCP mode | 27 wrong IP address
28 wrong domain name | 29 version not supported | 30 not expected now | 31 wrong kind of table
32 wrong state of provisioning | 33 no such object | 34 wrong time | 35 wrong index
36 wrong parameter | 37 wrong netmask | 38 flash written too often | 39 wrong length of image
40 wrong signature of image | 41 another version proposed | 42 wrong form of PID
43 wrong form of PPS | 44 barred by the self-test | 45 connection failed | 46 too many connections
47 random numbers being made | 48 random numbers not ready | 49 certificate not ready
1024 disabled by policy | 2048 network interface failed | 2049 unknown OEM number
2050 boot option not supported | 2051 wrong command | 2052 wrong special command
2053 wrong handle | 2054 wrong password | 2055 wrong realm | 2056 entry in use | 2057 data missing
2058 exists already | 2059 event log frozen | 2060 keys missing | 2061 keys being made
2062 wrong key | 2063 wrong certificate | 2064 certificate and key do not match
2065 too many Kerberos domains | 2066 not supported | 2067 wrong priority | 2068 not found
2069 wrong credentials | 2070 wrong passphrase | 2072 no association | 2075 audit failed
2076 a component blocks it | 2081 user consent required | 2082 still busy with the last request
"""
PT_CODES = {
    2: "device-busy",
    16: "access-denied",
    33: "not-supported",
    46: "device-busy",
    47: "device-busy",
    48: "device-busy",
    1: "device-fault",
    2050: "not-supported",
    2061: "device-busy",
    2066: "not-supported",
    2081: "consent-needed",
    2082: "device-busy",
}
PT_RETURNED = {
    int(number): Meaning(words, PT_CODES.get(int(number), ""))
    for entry in re.split(r"[|\n]", PT_STATUS)
    if entry.strip()
    for number, words in [entry.strip().split(" ", 1)]
}

# What OpenSSL calls the alerts of TLS, after "ALERT_".
WANTS_CERTIFICATE = Meaning("it wants a certificate from us", "client-certificate")
ALERTS = {
    "CERTIFICATE_REQUIRED": WANTS_CERTIFICATE,
    "BAD_CERTIFICATE": WANTS_CERTIFICATE,
    "NO_CERTIFICATE": WANTS_CERTIFICATE,
    "UNKNOWN_CA": WANTS_CERTIFICATE,
    "CERTIFICATE_UNKNOWN": WANTS_CERTIFICATE,
    "CERTIFICATE_EXPIRED": WANTS_CERTIFICATE,
    "UNSUPPORTED_CERTIFICATE": WANTS_CERTIFICATE,
    "HANDSHAKE_FAILURE": Meaning("no cipher that both accept, or it wants a certificate"),
    "INSUFFICIENT_SECURITY": Meaning("it wants stronger ciphers"),
    "PROTOCOL_VERSION": Meaning("it does not accept our versions of TLS"),
    "INTERNAL_ERROR": Meaning("it has a fault of its own"),
    "ACCESS_DENIED": Meaning("access denied"),
    "UNRECOGNIZED_NAME": Meaning("it goes by another name"),
    "DECRYPT_ERROR": Meaning("its key and its certificate do not match"),
    "DECODE_ERROR": Meaning("it could not read our message"),
    "ILLEGAL_PARAMETER": Meaning("it could not read our message"),
    "UNEXPECTED_MESSAGE": Meaning("it did not expect our message"),
    "BAD_RECORD_MAC": Meaning("bytes were changed on the way"),
    "USER_CANCELLED": Meaning("it was cancelled there"),
    "NO_RENEGOTIATION": Meaning("it does not negotiate again"),
}


def of_alert(reason: str) -> Meaning | None:
    """Return what a TLS alert says; None if OpenSSL's ``reason`` is not an alert of the device."""
    _, found, name = reason.upper().partition("ALERT_")
    if not found:
        return None
    return ALERTS.get(name) or Meaning(name.lower().replace("_", " ")[:60])


def of_return_value(value: int, *, is_pt_status: bool) -> Meaning:
    """Return what the ReturnValue of a method says."""
    return (PT_RETURNED if is_pt_status else RETURNED).get(value, NOT_EXPLAINED)
