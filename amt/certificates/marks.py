"""What tells firmware that a certificate may set it up: an OID, or an organisational unit.

Source: amt-protocol.md 7.2.
"""

from cryptography import x509

CONSOLE_OID = "2.16.840.1.113741.1.2.1"  # a console that signs in by certificate
LOCAL_OID = "2.16.840.1.113741.1.2.2"  # a program on the PC itself
SETUP_OID = "2.16.840.1.113741.1.2.3"  # set-up over the network
OIDS = (CONSOLE_OID, LOCAL_OID, SETUP_OID)

UNIT = "Intel(R) Client Setup Certificate"  # compared letter by letter
UNIT_WITHOUT_R = "Intel Client Setup Certificate"


def oid(text: str) -> x509.ObjectIdentifier:
    """Return ``text`` as the library writes object identifiers."""
    return x509.ObjectIdentifier(text)
