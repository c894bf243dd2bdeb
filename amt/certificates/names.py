"""Names of provisioning servers: firmware compares a certificate's with its DNS suffix."""

import ipaddress
import re

from amt.certificates.errors import CertificateError

LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")


def is_host_name(text: str) -> bool:
    """Return whether ``text`` is a full host name: labels with a domain, no address."""
    labels = text.split(".")
    return len(text) <= 255 and len(labels) > 1 and all(map(LABEL.fullmatch, labels))


def is_address(text: str) -> bool:
    """Return whether ``text`` is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def check_host_name(text: str) -> str:
    """Return ``text``, a common name that firmware can compare with its suffix.

    Raises:
        CertificateError: it is an address, has no domain, or is no host name at all.
    """
    if is_address(text):
        fault = "is an address; firmware compares names"
    elif "." not in text:
        fault = "has no domain; firmware compares that with its DNS suffix"
    elif not is_host_name(text):
        fault = "is no host name"
    elif len(text) > 64:
        fault = "is longer than the 64 characters of a common name"
    else:
        return text
    said = f"The common name {text[:80]!r} {fault}."
    raise CertificateError("bad-name", f"{said} Give the server's full name, e.g. amt.example.org.")


def suffix(host_name: str) -> str:
    """Return the domain of ``host_name``: amt.example.org gives example.org."""
    return host_name.partition(".")[2]
