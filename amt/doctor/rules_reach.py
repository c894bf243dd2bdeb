"""Causes on the way to the device: address, ports, names, and the TLS that both sides know."""

from collections.abc import Iterator

from amt.constants import PORT_HTTP, ProvisioningState
from amt.doctor.causes import Cause, Certainty, kind
from amt.doctor.facts import Ended, Facts
from amt.doctor.rules_entry import RESTART, ports_closed
from amt.doctor.stages import Stage, failed_at

NOT_ALLOWED = kind(
    "address-not-allowed",
    Stage.REACH,
    "No password may be sent to {address}.",
    "The rules for addresses name why: loopback, link-local, multicast, broadcast, or, in a "
    "practice zone, one that is not of this machine.",
    "Correct the address of the device.",
    check="Address",
    weight=99,
    address="224.0.0.1",
)
NOT_FOUND = kind(
    "not-found",
    Stage.REACH,
    "Nothing answers at {address}: no standby power, another address, or another network?",
    "No connection on port 16993 within the time allowed; the network gives no reason.",
    "Check plug, cable and network of the PC, then examine it again or scan for it.",
    check="Address",
    link="scan",
    weight=60,
    address="10.20.3.51",
)
CLOSED = kind(
    "port-closed",
    Stage.REACH,
    "Port 16993 is closed at {address}: not in the set-up state, or another machine.",
    "The machine at this address refuses port 16993, or opens 16992 only.",
    "See in MEBx whether set-up was started, and whether this is the device's address.",
    check="Address",
    weight=55,
    address="10.20.3.51",
)
NO_ROUTE = kind(
    "no-route",
    Stage.REACH,
    "No way leads from {server} to {address}: another VLAN, or a gateway is down?",
    "The network itself says that the address cannot be reached.",
    "Check the network between server and device.",
    check="Address",
    weight=65,
    server="SRV-AMT-01",
    address="10.20.3.51",
)
OTHER_DEVICE = kind(
    "other-device",
    Stage.REACH,
    "Another device answers at {address}: it calls itself {uuid}.",
    "The UUID that was read is not the one of the entry.",
    "Scan or wait for its next hello: DHCP has moved its address.",
    check="Address",
    link="scan",
    weight=97,
    address="10.20.3.51",
    uuid="4c4c4544-0043-3510-8052-b4c04f4e4d32",
)
MOVED = kind(
    "address-moved",
    Stage.REACH,
    "Name servers say that {name} is at {others}, not at {address}.",
    "The name of its address leads to other addresses: DNS is stale, or the device has moved.",
    "Have DHCP register its names again; examine the device at the address that is right.",
    check="Name",
    weight=40,
    name="pc-301.campus.example",
    others="10.20.3.77",
    address="10.20.3.51",
)
FORWARD_MISSING = kind(
    "name-unknown",
    Stage.REACH,
    "Name servers call its address {name}, but do not know that name.",
    "The address has a name, and the name has no address.",
    "Register the name: its certificate is issued for it.",
    check="Name",
    weight=15,
    name="pc-301.campus.example",
)
NO_NAME = kind(
    "no-reverse-name",
    Stage.REACH,
    "Name servers have no name for {address}, so a name will be made up for its certificate.",
    "The look-up of the address's name found none.",
    "Have DHCP register the device's name, or enter the host name when it is set up.",
    check="Name",
    weight=5,
    address="10.20.3.51",
)
WIRELESS = kind(
    "wireless-only",
    Stage.REACH,
    "It has no wired network: set-up over the network goes over the cable only.",
    "Its wired port has no link, or there is none.",
    "Connect it by cable, or a dock that AMT knows.",
    check="Address",
    weight=85,
)
STATIC = kind(
    "static-address",
    Stage.REACH,
    "DHCP is off in it: remote configuration wants DHCP.",
    "The device's wired port says that DHCP is not enabled.",
    "Switch its Management Engine to DHCP in MEBx.",
    check="Address",
    weight=80,
)
OLD_TLS = kind(
    "tls-too-old",
    Stage.TLS,
    "It speaks {version} only, and the zone does not allow that.",
    "The handshake failed with TLS 1.2 and went well with an older version.",
    "Allow TLS 1.0 and 1.1 for the time of the set-up, or update its firmware.",
    check="Firmware",
    link="connections",
    weight=90,
    version="TLS 1.1",
)
OTHER_TLS = kind(
    "tls-other",
    Stage.TLS,
    "It wants a version or a cipher of TLS that this server does not offer: {alert}.",
    "The device broke off TLS with the alert protocol_version or insufficient_security.",
    "Compare its firmware with the server's OpenSSL; allow older TLS, or update one of the two.",
    check="Firmware",
    link="connections",
    weight=70,
    alert="protocol_version",
)
NOT_TLS = kind(
    "no-tls",
    Stage.TLS,
    "Port 16993 at {address} speaks something else than TLS: it is not this device.",
    "What answered is not TLS.",
    "Check whose address it is.",
    check="Address",
    weight=90,
    address="10.20.3.51",
)
SILENT = kind(
    "unresponsive",
    Stage.TLS,
    "It takes connections and says nothing: its Management Engine is stuck or busy.",
    "The port is open, and the handshake, or the answer to a question, did not come in time.",
    "Wait two minutes; if it stays so, unplug the PC for 30 s.",
    check="Address",
    weight=45,
)
VERSION_ALERTS = ("protocol_version", "insufficient_security")


def address_refused(facts: Facts) -> Iterator[Cause]:
    """Return the cause of an address that D26 forbids."""
    if why := facts.reach.refusal:
        yield NOT_ALLOWED.found(Certainty.CERTAIN, why, address=_address(facts))


def unreachable(facts: Facts) -> Iterator[Cause]:
    """Return why no connection came about, as far as the network says it."""
    reach = facts.reach
    if not ports_closed(reach.ports) or reach.refusal or _is_restarting(facts):
        return
    at, server = _address(facts), facts.console.server or "this server"
    if reach.failure == "no-route":
        yield NO_ROUTE.found(
            Certainty.CERTAIN, "The network says so itself.", server=server, address=at
        )
    elif reach.failure == "port-closed" or (reach.ports and PORT_HTTP in reach.ports):
        seen = "Only port 16992 takes a connection." if reach.ports else "The port refuses."
        # One that is set up, and has no TLS, looks the same.
        is_explained = facts.device.state in (ProvisioningState.POST, ProvisioningState.PRE)
        sure = Certainty.POSSIBLE if is_explained else Certainty.LIKELY
        yield CLOSED.found(sure, seen, address=at)
    else:
        yield NOT_FOUND.found(Certainty.LIKELY, "Port 16993 gave no answer.", address=at)


def other_device(facts: Facts) -> Iterator[Cause]:
    """Return the cause of an address that is another machine's now."""
    known, seen = facts.device.uuid, facts.reach.uuid
    if known and seen and known != seen:
        proof = f"The entry is {known}, the device at its address {seen}."
        yield OTHER_DEVICE.found(Certainty.CERTAIN, proof, address=_address(facts), uuid=seen)


def names(facts: Facts) -> Iterator[Cause]:
    """Return what is wrong with its names, as name servers have them."""
    reverse, found, address = facts.names.reverse, facts.names.addresses, facts.device.address
    if address is None:
        return
    if reverse == "" and (failed_at(facts) or Stage.ENTRY) >= Stage.SETTINGS:
        proof = f"No name server has a name for {address}."
        yield NO_NAME.found(Certainty.POSSIBLE, proof, address=address)
    elif reverse and found == ():
        proof = f"{address} is called {reverse}; {reverse} is not known."
        yield FORWARD_MISSING.found(Certainty.POSSIBLE, proof, name=reverse)
    elif reverse and found and address not in found:
        others = ", ".join(found)
        proof = f"{address} is called {reverse}; {reverse} is at {others}."
        sure = Certainty.LIKELY if ports_closed(facts.reach.ports) else Certainty.POSSIBLE
        yield MOVED.found(sure, proof, name=reverse, others=others, address=address)


def network_card(facts: Facts) -> Iterator[Cause]:
    """Return the causes of how the host is on the network (D7)."""
    if facts.device.has_wired_link is False:
        yield WIRELESS.found(Certainty.CERTAIN, "Its wired port has no link.")
    if facts.device.has_dhcp is False:
        yield STATIC.found(Certainty.CERTAIN, "Its wired port says: DHCPEnabled false.")


def tls(facts: Facts) -> Iterator[Cause]:
    """Return why no TLS comes about, apart from our certificate."""
    shakes = [one for one in (facts.reach.anonymous, facts.reach.proving) if one]
    if any(one.ended is Ended.NO_TLS for one in shakes):
        proof = "What came back is not TLS."
        yield NOT_TLS.found(Certainty.CERTAIN, proof, address=_address(facts))
    if old := next((one for one in shakes if one.is_too_old), None):
        if facts.zone.legacy_allowed is False:
            version = old.version or "TLS older than 1.2"
            proof = f"TLS 1.2 failed; {version} went well, and the zone does not allow it."
            yield OLD_TLS.found(Certainty.CERTAIN, proof, version=version)
    elif told := next((one for one in shakes if one.alert in VERSION_ALERTS), None):
        proof = f"It broke off TLS with the alert {told.alert}."
        yield OTHER_TLS.found(Certainty.CERTAIN, proof, alert=told.alert)


def silent(facts: Facts) -> Iterator[Cause]:
    """Return the cause of an engine that is stuck."""
    anonymous, proving = facts.reach.anonymous, facts.reach.proving
    if any(one and one.ended is Ended.TIMEOUT for one in (anonymous, proving)):
        yield SILENT.found(Certainty.LIKELY, "The port is open; the handshake did not end in time.")
    elif facts.reach.answers is False:
        yield SILENT.found(Certainty.LIKELY, "It agreed on TLS, and gave no answer to a question.")
    elif _is_dropped(anonymous) and _is_dropped(proving):
        # Many hang up on whoever shows no certificate: only with ours it tells something.
        told = "It hung up during the handshake, with our certificate and without."
        yield SILENT.found(Certainty.POSSIBLE, told)


def _is_dropped(shake: object) -> bool:
    return getattr(shake, "ended", None) is Ended.DROPPED


def _is_restarting(facts: Facts) -> bool:
    since = facts.reach.restarted_at
    return since is not None and facts.now - since < RESTART


def _address(facts: Facts) -> str:
    return facts.device.address or "its address"


RULES = (address_refused, unreachable, other_device, names, network_card, tls, silent)
