"""Live alerts (WS-Eventing): have a device send its events to an address, and end that again.

Source: amt-protocol.md 10.5; DSP0226 10.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from amt.constants import DELIVERY_PUSH, DELIVERY_PUSH_WITH_ACK, LONGEST_LISTENER, PROFILE_DIGEST
from amt.protocol.errors import AmtError, AmtNoListener
from amt.protocol.versions import is_before
from amt.protocol.wsman.envelope import Selectors, issued_tokens
from amt.protocol.wsman.instance import Instance, Reference, unexpected
from amt.protocol.wsman.session import Session

COLLECTION = "CIM_FilterCollection"
SUBSCRIPTION = "CIM_FilterCollectionSubscription"
LISTENER = "CIM_ListenerDestinationWSManagement"
ALL_EVENTS = ("Intel(r) AMT:All", "Intel(r) AMT:AllEvents")  # the first that a device offers
MOST = 100  # objects of each class; firmware has room for nine subscriptions
FIRST_WITH_HTTPS = (11, 0)
PUSH_WITH_ACK = 3  # DeliveryMode


@dataclass(frozen=True, slots=True)
class Listener:
    """Where events are to go, and by which login the device signs in there."""

    address: str
    username: str
    password: str = field(repr=False)
    is_acked: bool = True  # the device wants each event acknowledged, and sends it again if not

    def __post_init__(self) -> None:
        """Refuse an address that firmware would pass over in silence."""
        if len(self.address) > LONGEST_LISTENER:
            raise ValueError(f"A listener's address has {LONGEST_LISTENER} characters at most.")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One that a device keeps: of which events, sent where, and its key."""

    collection: str
    address: str
    is_acked: bool
    selectors: Selectors


async def read_collections(session: Session) -> list[str]:
    """Return the names of what may be subscribed to."""
    found = await session.enumerate(COLLECTION, max_instances=MOST)
    return [one.text("InstanceID") for one in found]


async def read_subscriptions(session: Session) -> list[Subscription]:
    """Return all subscriptions, whoever made them."""
    listeners = await session.enumerate(LISTENER, max_instances=MOST)
    kept = await session.enumerate(SUBSCRIPTION, max_instances=MOST)
    by_name = {one.text("Name"): one for one in listeners}
    return [_subscription(one, by_name) for one in kept]


def _subscription(kept: Instance, listeners: dict[str, Instance]) -> Subscription:
    filter_, handler = kept.get("Filter"), kept.get("Handler")
    if not isinstance(filter_, Reference) or not isinstance(handler, Reference):
        raise unexpected(SUBSCRIPTION, "Filter or Handler is no reference")
    listener = listeners.get(str(handler.selectors.get("Name", "")), Instance(LISTENER, {}))
    return Subscription(
        collection=str(filter_.selectors.get("InstanceID", "")),
        address=listener.text("Destination"),
        is_acked=listener.integer_or_none("DeliveryMode") == PUSH_WITH_ACK,
        selectors={"Filter": filter_, "Handler": handler},
    )


async def subscribe(session: Session, listener: Listener, *, marks: Collection[str] = ()) -> None:
    """Have all events sent to ``listener`` from now on; done only when it is read back.

    Subscriptions of the same address, and those whose address has one of ``marks`` in it, end
    before: a device keeps few, and would show the new address an old password.

    Raises:
        AmtNoListener: this firmware sends events by plain http only; nothing was sent.
        AmtFault: the firmware has no live alerts, or no room for another listener.
        AmtBadAnswer: the subscription is not among those it lists afterwards.
    """
    if listener.address.startswith("https:") and is_before(session.firmware, FIRST_WITH_HTTPS):
        raise AmtNoListener(code="alerts-need-http")
    collection = _chosen(await read_collections(session))
    await unsubscribe(session, {listener.address, *marks})
    delivery = {
        "Mode": DELIVERY_PUSH_WITH_ACK if listener.is_acked else DELIVERY_PUSH,
        "NotifyTo": {"Address": listener.address},
        "Auth": {"Profile": PROFILE_DIGEST},
    }
    tokens = issued_tokens(listener.username, listener.password)
    try:
        await session.subscribe(COLLECTION, {"InstanceID": collection}, delivery, [tokens])
    except AmtError as error:
        error.hide(listener.password)
        raise
    if not await _listed(session, {listener.address}):
        raise unexpected(SUBSCRIPTION, "the new one is not listed", may_have_been_obeyed=True)


def _chosen(offered: list[str]) -> str:
    for name in ALL_EVENTS:
        if name in offered:
            return name
    raise unexpected(COLLECTION, f"none of {', '.join(ALL_EVENTS)} is offered")


async def unsubscribe(session: Session, marks: Collection[str]) -> int:
    """End those whose address has one of ``marks`` in it, and no others; return how many.

    Raises:
        AmtBadAnswer: one of them is still listed afterwards.
    """
    ours = [one for one in await read_subscriptions(session) if _has(one, marks)]
    for one in ours:
        await session.unsubscribe(SUBSCRIPTION, one.selectors)
    if ours and await _listed(session, marks):
        raise unexpected(SUBSCRIPTION, "the old one is still listed", may_have_been_obeyed=True)
    return len(ours)


async def _listed(session: Session, marks: Collection[str]) -> bool:
    """Return whether one of these is there, asked after something was changed."""
    try:
        return any(_has(one, marks) for one in await read_subscriptions(session))
    except AmtError as error:
        error.may_have_been_obeyed = True
        raise


def _has(subscription: Subscription, marks: Collection[str]) -> bool:
    return any(mark and mark in subscription.address for mark in marks)
