"""Where a password may be sent (D26): the rules for addresses. No connection, no look-up here."""

import ipaddress
import re

from django.core.exceptions import ValidationError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)
LONGEST_NAME = 253  # characters (RFC 1035)
THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")


def check(text: str, *, practice: bool) -> str:
    """Return the address as it is kept: an IPv4 or IPv6 address, or a name in lower case.

    ``practice``: in a zone of simulated devices only loopback is reached; elsewhere never.

    Raises:
        ValidationError: it is none, or one that no password may be sent to; the rule is named.
    """
    text = text.strip()
    if "://" in text or "/" in text:
        raise ValidationError(f'"{text}" is a link. Give the name or the address alone.')
    if re.fullmatch(r"[0-9.]+", text):
        return _allowed(_ipv4(text), practice)
    if re.fullmatch(r"[^:]+:\d+", text):
        raise ValidationError(f'Leave out the port of "{text}": AMT has ports of its own.')
    if ":" in text:
        return _allowed(_ipv6(text.strip("[]")), practice)
    return _name(text, practice)


def refusal(address: Address, *, practice: bool) -> str:
    """Return why no password may be sent to ``address``; empty if it may."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return refusal(address.ipv4_mapped, practice=practice)
    for applies, kind in (
        (address.is_unspecified, "no address of a device"),
        (str(address) == "255.255.255.255", "the broadcast address"),
        (address.is_multicast, "a multicast address"),
        (address.is_link_local, "a link-local address"),
        (address.version == 4 and address in THIS_NETWORK, "not an address of a device"),
        (address.is_reserved and not address.is_loopback, "a reserved address"),
    ):
        if applies:
            return f"{address} is {kind}. A password is never sent there."
    if practice and not address.is_loopback:
        return (
            f"{address} is not of this machine. A practice zone reaches only 127.0.0.0/8 and ::1."
        )
    if address.is_loopback and not practice:
        return f"{address} is a loopback address. Only a practice zone reaches those."
    return ""


def _allowed(address: Address, practice: bool) -> str:
    if why := refusal(address, practice=practice):
        raise ValidationError(why)
    return str(address)


def _ipv4(text: str) -> ipaddress.IPv4Address:
    parts = text.split(".")
    rule = ""
    if len(parts) != 4 or not all(parts):
        rule = "It takes 4 numbers with dots between them."
    elif any(len(part) > 3 or int(part) > 255 for part in parts):
        rule = "Each part goes from 0 to 255."
    elif any(part != str(int(part)) for part in parts):
        rule = "No part begins with 0."
    if rule:
        raise ValidationError(f'"{text}" is not an address. {rule}')
    return ipaddress.IPv4Address(text)


def _ipv6(text: str) -> Address:
    if "%" in text:
        raise ValidationError(f'"{text}" holds for one network card only. Give a routable address.')
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise ValidationError(
            f'"{text}" is not an IPv6 address. It takes 8 groups of up to 4 hexadecimal digits,'
            " or fewer with one ::."
        ) from None
    return address.ipv4_mapped or address  # two ways to write one place


def _name(text: str, practice: bool) -> str:
    name = text.rstrip(".").lower()
    if len(name) > LONGEST_NAME:
        raise ValidationError(f"A name has at most {LONGEST_NAME} characters.")
    labels = name.split(".")
    for label in labels:
        if not LABEL.fullmatch(label):
            raise ValidationError(
                f'"{text}" is not a name. Between dots stand 1 to 63 letters, digits and hyphens,'
                " no hyphen first or last."
            )
    if labels[-1].isdigit():
        raise ValidationError(f'"{text}" is not a name. Its last part is a number.')
    is_local = labels[-1] == "localhost"
    if practice and not is_local:
        raise ValidationError(
            f'"{text}" may lead elsewhere. A practice zone reaches only 127.0.0.0/8 and ::1.'
        )
    if is_local and not practice:
        raise ValidationError(f'"{text}" is this server itself. Only a practice zone reaches it.')
    return name
