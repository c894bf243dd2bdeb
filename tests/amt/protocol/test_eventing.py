"""Live alerts: what goes out to subscribe, what is read back, and what a device may refuse."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from amt.protocol.errors import AmtBadAnswer, AmtFault, AmtNoListener
from amt.protocol.wsman import eventing
from amt.protocol.wsman.eventing import Listener
from amt.protocol.wsman.session import Session
from amt.simulator import Device, Fault, Fleet
from tests.amt.protocol.device import QUICK, Request, amt, device, envelope, fault, http
from tests.amt.protocol.test_simulated import LIMITS, only, target

Start = Callable[..., Fleet]
CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
URL = "http://127.0.0.1:8000/events/1/"
OTHER = "http://127.0.0.1:8000/another/"
LISTENER = Listener(URL, "device-1", "a-secret-of-its-own")
KEYS = ("CreationClassName", "Name", "SystemCreationClassName", "SystemName")


def epr(class_name: str, **selectors: str) -> str:
    inside = "".join(f'<c:Selector Name="{k}">{v}</c:Selector>' for k, v in selectors.items())
    return (
        "<b:Address>/wsman</b:Address><b:ReferenceParameters>"
        f"<c:ResourceURI>{CIM}{class_name}</c:ResourceURI>"
        f"<c:SelectorSet>{inside}</c:SelectorSet></b:ReferenceParameters>"
    )


class Firmware:
    """A device that keeps subscriptions, told byte for byte."""

    def __init__(self, *, collections: tuple[str, ...] = ("All",), keeps: bool = True) -> None:
        self.collections, self.keeps = collections, keeps
        self.addresses = ["http://127.0.0.1:9/other/"]
        self.asked: list[str] = []

    def __call__(self, request: Request) -> bytes:
        text = request.body.decode()
        class_name = re.findall(r"cim-schema/2/(\w+)<", text)[0]
        if "eventing/Subscribe<" in text:
            self.asked.append(text)
            self.addresses += re.findall(r"<a:Address>(http://127[^<]*)<", text) * self.keeps
            return http(envelope("<g:SubscribeResponse><g:Expires>PT0S</g:Expires>"
                                 "</g:SubscribeResponse>", "urn:any"))  # fmt: skip
        if "eventing/Unsubscribe<" in text:
            self.asked.append(text)
            number = int(re.findall(r'Name="Name">Subscription (\d)<', text)[0])
            self.addresses[number] = ""
            return http(envelope(""))
        if "Enumerate<" in text:
            context = "<g:EnumerateResponse><g:EnumerationContext>1</g:EnumerationContext>"
            return http(envelope(context + "</g:EnumerateResponse>", ENUMERATION))
        items = "".join(getattr(self, f"_{class_name}")())
        page = f"<n:Items>{items}</n:Items><n:EndOfSequence></n:EndOfSequence>"
        whole = f'<n:PullResponse xmlns:n="{ENUMERATION}">{page}</n:PullResponse>'
        return http(envelope(whole, CIM + class_name))

    def _CIM_FilterCollection(self) -> list[str]:
        return [
            f"<g:CIM_FilterCollection><g:InstanceID>Intel(r) AMT:{name}</g:InstanceID>"
            "</g:CIM_FilterCollection>"
            for name in self.collections
        ]

    def _CIM_ListenerDestinationWSManagement(self) -> list[str]:
        return [
            f"<g:CIM_ListenerDestinationWSManagement><g:DeliveryMode>3</g:DeliveryMode>"
            f"<g:Destination>{address}</g:Destination><g:Name>Subscription {number}</g:Name>"
            "</g:CIM_ListenerDestinationWSManagement>"
            for number, address in enumerate(self.addresses)
            if address
        ]

    def _CIM_FilterCollectionSubscription(self) -> list[str]:
        return [
            "<g:CIM_FilterCollectionSubscription><g:Filter>"
            + epr("CIM_FilterCollection", InstanceID="Intel(r) AMT:All")
            + "</g:Filter><g:Handler>"
            + epr("CIM_ListenerDestinationWSManagement", Name=f"Subscription {number}")
            + "</g:Handler></g:CIM_FilterCollectionSubscription>"
            for number, address in enumerate(self.addresses)
            if address
        ]


async def test_what_goes_out_is_what_the_specification_asks_for() -> None:
    firmware = Firmware()
    async with device(amt(firmware)) as seen, Session(seen.target(), QUICK) as session:
        await eventing.subscribe(session, LISTENER)

    (asked,) = firmware.asked
    assert f"<w:ResourceURI>{CIM}CIM_FilterCollection</w:ResourceURI>" in asked
    assert '<w:Selector Name="InstanceID">Intel(r) AMT:All</w:Selector>' in asked
    assert ' Mode="http://schemas.dmtf.org/wbem/wsman/1/wsman/PushWithAck"' in asked
    profile = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/digest"
    assert f'<w:Auth Profile="{profile}"/>' in asked
    header, _, body = asked.partition("Body>")
    assert "<se:Username>device-1</se:Username>" in header
    assert ">a-secret-of-its-own</se:Password>" in header
    assert "username-token-profile-1.0#UsernameToken</t:TokenType>" in header
    assert "secret" not in body
    assert firmware.addresses == ["http://127.0.0.1:9/other/", URL]


async def test_delivery_without_acknowledgement_is_a_mode_of_its_own() -> None:
    firmware = Firmware()
    async with device(amt(firmware)) as seen, Session(seen.target(), QUICK) as session:
        await eventing.subscribe(session, Listener(URL, "u", "p", is_acked=False))

    assert (
        'Mode="http://schemas.xmlsoap.org/ws/2004/08/eventing/DeliveryModes/Push"'
        in (firmware.asked[0])
    )


async def test_one_that_is_ours_is_replaced_and_the_others_stay() -> None:
    firmware = Firmware()
    firmware.addresses += [URL, "http://127.0.0.1:8000/events/older/"]
    async with device(amt(firmware)) as seen, Session(seen.target(), QUICK) as session:
        older = "http://127.0.0.1:8000/events/older/"
        await eventing.subscribe(session, LISTENER, marks=[older, ""])
        kept = await eventing.read_subscriptions(session)

    assert [one.address for one in kept] == ["http://127.0.0.1:9/other/", URL]
    ended = [text for text in firmware.asked if "Unsubscribe" in text]
    assert len(ended) == 2
    for text in ended:
        assert f"<w:ResourceURI>{CIM}CIM_FilterCollectionSubscription</w:ResourceURI>" in text
        assert '<w:Selector Name="Filter"><a:EndpointReference>' in text
        assert '<w:Selector Name="Handler"><a:EndpointReference>' in text


@pytest.mark.parametrize("offered", [("AllEvents", "Platform"), ("Platform", "All", "AllEvents")])
async def test_all_events_are_subscribed_to_by_the_name_they_have(offered) -> None:
    firmware = Firmware(collections=offered)
    async with device(amt(firmware)) as seen, Session(seen.target(), QUICK) as session:
        await eventing.subscribe(session, LISTENER)

    wanted = "All" if "All" in offered else "AllEvents"
    assert f'Name="InstanceID">Intel(r) AMT:{wanted}<' in firmware.asked[0]


async def test_where_nothing_like_all_events_is_offered_nothing_is_ordered() -> None:
    firmware = Firmware(collections=("Platform",))
    async with device(amt(firmware)) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtBadAnswer) as raised:
            await eventing.subscribe(session, LISTENER)

    assert raised.value.code == "unexpected-answer"
    assert firmware.asked == []


async def test_a_device_that_accepts_and_keeps_nothing_is_not_believed() -> None:
    firmware = Firmware(keeps=False)
    async with device(amt(firmware)) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtBadAnswer) as raised:
            await eventing.subscribe(session, LISTENER)

    assert raised.value.may_have_been_obeyed


async def test_a_device_that_says_the_password_back_does_not_get_it_shown() -> None:
    firmware = Firmware()

    def answer(request: Request) -> bytes:
        if b"eventing/Subscribe<" in request.body:
            return http(fault("c:InvalidParameter", LISTENER.password), "400 Bad Request")
        return firmware(request)

    async with device(amt(answer)) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtFault) as raised:
            await eventing.subscribe(session, LISTENER)

    assert LISTENER.password not in raised.value.detail
    assert LISTENER.password not in repr(LISTENER)


def test_an_address_that_firmware_would_pass_over_is_refused_here() -> None:
    Listener("http://" + "x" * 246, "u", "p")
    with pytest.raises(ValueError, match="253"):
        Listener("http://" + "x" * 247, "u", "p")


# Against the simulated firmware


def kept_by(machine: Device) -> list[str]:
    return [one.address for one in machine.subscriptions]


@pytest.mark.parametrize("profile", ["7.1", "11.8", "14.1", "16.1"])
async def test_each_firmware_is_subscribed_to_and_left_again(fleet: Start, profile: str) -> None:
    machine = only(fleet(profile=profile))
    async with Session(target(machine), LIMITS) as session:
        await eventing.subscribe(session, LISTENER)
        await eventing.subscribe(session, LISTENER)
        (found,) = await eventing.read_subscriptions(session)
        assert (found.address, found.is_acked) == (URL, True)
        assert kept_by(machine) == [URL]
        assert await eventing.unsubscribe(session, [URL]) == 1
        assert await eventing.unsubscribe(session, [URL]) == 0

    assert kept_by(machine) == []


@pytest.mark.parametrize("profile", ["3.2", "5.2"])
async def test_older_firmware_has_no_such_class(fleet: Start, profile: str) -> None:
    async with Session(target(only(fleet(profile=profile))), LIMITS) as session:
        with pytest.raises(AmtFault) as raised:
            await eventing.subscribe(session, LISTENER)

    assert raised.value.code == "not-supported"


async def test_nine_subscriptions_are_the_most(fleet: Start) -> None:
    machine = only(fleet())
    async with Session(target(machine), LIMITS) as session:
        for number in range(9):
            await eventing.subscribe(session, Listener(f"{OTHER}{number}/", "u", "p"))
        with pytest.raises(AmtFault) as raised:
            await eventing.subscribe(session, LISTENER)
        assert raised.value.subcode == "wse:EventSourceUnableToProcess"
        await eventing.subscribe(session, LISTENER, marks=[f"{OTHER}4/"])

    assert len(kept_by(machine)) == 9


async def test_https_came_with_amt_11(fleet: Start) -> None:
    wish = Listener("https://127.0.0.1/events/", "u", "p")
    async with Session(target(only(fleet(profile="9.5"))), LIMITS) as session:
        with pytest.raises(AmtNoListener):
            await eventing.subscribe(session, wish)
    async with Session(target(only(fleet(profile="11.8"))), LIMITS) as session:
        await eventing.subscribe(session, wish)


async def test_simulated_firmware_that_accepts_and_ignores_is_not_believed(fleet: Start) -> None:
    machine = only(fleet(faults={Fault.ACCEPTS_AND_IGNORES}))
    async with Session(target(machine), LIMITS) as session:
        with pytest.raises(AmtBadAnswer):
            await eventing.subscribe(session, LISTENER)
