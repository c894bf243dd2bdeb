"""Requests to bytes and answers to values."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from amt.constants import NS_ADDRESSING, NS_SOAP, NS_WSMAN
from amt.protocol.errors import AmtBadAnswer, AmtFault
from amt.protocol.wsman.codec import Page, decode, encode
from amt.protocol.wsman.instance import Instance, Reference, resource_uri
from tests.amt.protocol.device import CIM, envelope, fault

HOST = Reference("CIM_ComputerSystem", {"Name": "ManagedSystem"})
SPACES = {"s": NS_SOAP, "a": NS_ADDRESSING, "w": NS_WSMAN}


def text(request: bytes, path: str) -> str:
    found: Any = etree.fromstring(request).xpath(f"string({path})", namespaces=SPACES)
    return str(found)


def body(request: bytes) -> Any:
    return etree.fromstring(request).find(f"{{{NS_SOAP}}}Body")


def instance(name: str, content: str) -> Instance:
    found = decode(envelope(f"<g:{name}>{content}</g:{name}>", resource_uri(name)))
    assert isinstance(found, Instance)
    return found


def test_a_get_names_action_class_and_key() -> None:
    request = encode("Get", "CIM_SoftwareIdentity", selectors={"InstanceID": "AMT"}, message_id="7")

    assert text(request, "//a:Action") == "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
    assert text(request, "//a:To") == "/wsman"
    assert text(request, "//a:MessageID") == "7"
    assert text(request, "//a:ReplyTo/a:Address").endswith("/role/anonymous")
    assert text(request, "//w:ResourceURI") == CIM + "CIM_SoftwareIdentity"
    assert text(request, "//w:Selector[@Name='InstanceID']") == "AMT"
    assert text(request, "//w:OperationTimeout") == "PT60S"
    assert len(body(request)) == 0


def test_an_order_has_its_arguments_in_the_order_of_the_specification() -> None:
    request = encode(
        "RequestPowerStateChange",
        "CIM_PowerManagementService",
        arguments={"ManagedElement": HOST, "PowerState": 2},
    )

    order = body(request)[0]
    space = f"{{{CIM}CIM_PowerManagementService}}"
    assert order.tag == space + "RequestPowerStateChange_INPUT"
    assert [child.tag for child in order] == [space + "PowerState", space + "ManagedElement"]
    assert text(request, "//a:Action").endswith(
        "CIM_PowerManagementService/RequestPowerStateChange"
    )
    assert text(request, "//a:ReferenceParameters/w:SelectorSet/w:Selector") == "ManagedSystem"


def test_a_method_that_no_wsdl_of_ours_knows_can_be_called_too() -> None:
    request = encode(
        "AddAlarm", "AMT_AlarmClockService", arguments={"Names": ["a", "b"], "Deep": HOST}
    )

    order = body(request)[0]
    assert order.tag.endswith("}AddAlarm_INPUT")
    assert [child.text for child in order[:2]] == ["a", "b"]
    assert text(request, "//a:ReferenceParameters/w:ResourceURI") == CIM + "CIM_ComputerSystem"


def test_identify_has_no_headers_and_pull_has_its_limits() -> None:
    assert body(encode("Identify"))[0].tag.endswith("}Identify")
    assert text(encode("Identify"), "//a:Action") == ""
    pull = encode("Pull", "CIM_Chip", arguments={"EnumerationContext": "x", "MaxElements": 5})
    assert [child.text for child in body(pull)[0]] == ["x", "5"]


def test_a_put_gives_back_what_was_read_known_or_not() -> None:
    found = instance(
        "AMT_BootSettingData",
        "<g:BIOSSetup>false</g:BIOSSetup><g:BIOSLastStatus>2</g:BIOSLastStatus>"
        "<g:BIOSLastStatus>0</g:BIOSLastStatus><g:NewerThanUs>x&amp;y</g:NewerThanUs>"
        "<g:UefiBootParametersArray>AAE=</g:UefiBootParametersArray>",
    )

    element = body(encode("Put", "AMT_BootSettingData", arguments=found))[0]

    assert etree.QName(element).localname == "AMT_BootSettingData"
    assert [(etree.QName(child).localname, child.text) for child in element] == [
        ("BIOSSetup", "false"),
        ("BIOSLastStatus", "2"),
        ("BIOSLastStatus", "0"),
        ("NewerThanUs", "x&y"),
        ("UefiBootParametersArray", "AAE="),
    ]


def test_a_kept_request_differs_in_its_message_id_only() -> None:
    first = encode("Get", "CIM_Chip", message_id="1", reusable=True)
    second = encode("Get", "CIM_Chip", message_id="2", reusable=True)

    assert first.replace(b">1<", b">2<") == second
    assert encode("Get", "CIM_Chip", message_id="1") == first


def test_a_request_is_not_kept_unless_it_is_said_to_hold_no_secret() -> None:
    from amt.protocol.wsman import codec

    codec._kept.cache_clear()
    encode("SetMEBxPassword", "AMT_SetupAndConfigurationService", arguments={"Password": "hidden"})

    assert codec._kept.cache_info().currsize == 0


def test_properties_come_in_any_order_interleaved_and_unknown() -> None:
    found = instance(
        "CIM_AssociatedPowerManagementService",
        "<g:Zoo>9</g:Zoo><g:PowerState> 2 </g:PowerState>"
        "<g:AvailableRequestedPowerStates>8</g:AvailableRequestedPowerStates><g:Zoo>8</g:Zoo>"
        "<g:AvailableRequestedPowerStates>5</g:AvailableRequestedPowerStates>",
    )

    assert found["AvailableRequestedPowerStates"] == (8, 5)
    assert found.integer("PowerState") == 2
    assert found["Zoo"] == ("9", "8")
    assert found.unknown == {"Zoo"}


def test_a_scalar_that_is_repeated_loses_nothing() -> None:
    found = instance(
        "CIM_SoftwareIdentity", "<g:InstanceID>a</g:InstanceID><g:InstanceID>b</g:InstanceID>"
    )

    assert found.all("InstanceID") == ("a", "b")
    assert found.text("InstanceID") == "a"


@pytest.mark.parametrize(
    ("name", "content"),
    [("PowerState", "banana"), ("PowerState", "2.5"), ("PowerState", "")],
)
def test_text_that_is_no_number_is_kept_and_refused_by_name(name: str, content: str) -> None:
    found = instance("CIM_AssociatedPowerManagementService", f"<g:{name}>{content}</g:{name}>")

    assert found[name] == content
    with pytest.raises(AmtBadAnswer) as caught:
        found.integer(name)
    assert caught.value.reason == "unexpected"
    assert name in caught.value.detail


def test_a_truth_value_that_is_neither_is_not_taken_for_false() -> None:
    found = instance("AMT_TLSSettingData", "<g:Enabled>maybe</g:Enabled>")

    assert found["Enabled"] == "maybe"
    assert found.flag("Enabled") is None


def test_absent_and_empty_are_told_apart() -> None:
    found = instance("AMT_GeneralSettings", "<g:HostName></g:HostName>")

    assert found["HostName"] == ""
    assert "DomainName" not in found
    assert found.text("DomainName") == ""
    assert found.flag("SharedFQDN") is None
    assert found.integer_or_none("IdleWakeTimeout") is None


def test_moments_and_lengths_of_time_come_out_of_their_wrapper() -> None:
    wrapper = 'xmlns:h="http://schemas.dmtf.org/wbem/wscim/1/common"'
    bios = instance(
        "CIM_BIOSElement",
        f"<g:ReleaseDate {wrapper}><h:Datetime>2020-08-10T01:02:03Z</h:Datetime></g:ReleaseDate>",
    )
    spans = instance(
        "CIM_BIOSElement",
        f"<g:ReleaseDate {wrapper}><h:Interval>P1DT2H</h:Interval></g:ReleaseDate>",
    )
    broken = instance(
        "CIM_BIOSElement",
        f"<g:ReleaseDate {wrapper}><h:Datetime>soon</h:Datetime></g:ReleaseDate>",
    )

    assert bios["ReleaseDate"] == datetime(2020, 8, 10, 1, 2, 3, tzinfo=UTC)
    assert spans["ReleaseDate"] == timedelta(days=1, hours=2)
    assert broken["ReleaseDate"] == "soon"


def test_a_class_without_a_schema_is_a_bag_of_text() -> None:
    found = instance("CIM_Fan", "<g:Speed>12</g:Speed><g:Deep><g:A>1</g:A><g:A>2</g:A></g:Deep>")

    assert found.integer("Speed") == 12
    assert found["Deep"] == {"A": ("1", "2")}
    assert found.unknown == {"Speed", "Deep"}


def test_a_page_holds_instances_of_several_classes_and_knows_whether_it_is_the_last() -> None:
    items = (
        f'<h:CIM_Card xmlns:h="{CIM}CIM_Card"><h:Tag>CIM_Card</h:Tag></h:CIM_Card>'
        f'<i:CIM_Chassis xmlns:i="{CIM}CIM_Chassis"><i:PackageType>3</i:PackageType>'
        "</i:CIM_Chassis>"
    )
    space = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
    middle = decode(
        envelope(
            "<g:PullResponse><g:EnumerationContext>c</g:EnumerationContext>"
            f"<g:Items>{items}</g:Items></g:PullResponse>",
            space,
        )
    )
    last = decode(envelope("<g:PullResponse><g:Items/><g:EndOfSequence/></g:PullResponse>", space))

    assert isinstance(middle, Page)
    assert [item.class_name for item in middle.items] == ["CIM_Card", "CIM_Chassis"]
    assert middle.items[1]["PackageType"] == 3
    assert (middle.context, middle.is_last) == ("c", False)
    assert last == Page((), "", is_last=True)


def test_a_created_resource_is_a_reference() -> None:
    content = (
        "<g:ResourceCreated><b:Address>x</b:Address><b:ReferenceParameters>"
        f"<c:ResourceURI>{CIM}CIM_Card</c:ResourceURI><c:SelectorSet>"
        '<c:Selector Name="Tag">1</c:Selector></c:SelectorSet>'
        "</b:ReferenceParameters></g:ResourceCreated>"
    )

    found = decode(envelope(content, "http://schemas.xmlsoap.org/ws/2004/09/transfer"))

    assert found == Reference("CIM_Card", {"Tag": "1"}, "x")


@pytest.mark.parametrize(
    ("subcode", "expected"),
    [
        ("c:AccessDenied", "wsman:AccessDenied"),
        ("b:DestinationUnreachable", "wsa:DestinationUnreachable"),
        ("odd:Thing", "odd:Thing"),
        ("Bare", "Bare"),
    ],
)
def test_a_fault_is_named_by_its_namespace_not_by_the_devices_prefix(
    subcode: str, expected: str
) -> None:
    with pytest.raises(AmtFault) as caught:
        decode(fault(subcode, "Because."))

    assert caught.value.subcode == expected
    assert caught.value.reason == "Because."


def test_a_nested_reference_in_a_selector_goes_out_and_comes_back() -> None:
    inner = Reference("CIM_Card", {"Tag": "1"}, "in")
    outer = Reference("AMT_TLSCredentialContext", {"ElementInContext": inner, "N": "2"}, "out")
    request = encode("Frob", "AMT_TLSCredentialContext", arguments={"Ref": outer})

    found = decode(request.replace(b"Frob_INPUT", b"Frob_OUTPUT"))

    assert isinstance(found, Instance)
    assert found["Ref"] == outer


def test_sixteen_threads_share_the_codec_without_mixing_answers() -> None:
    wrong: list[object] = []

    def work(number: int) -> None:
        for step in range(40):
            state = 100 * number + step
            sent = encode(
                "RequestPowerStateChange",
                "CIM_PowerManagementService",
                arguments={"PowerState": state % 18, "ManagedElement": HOST},
                message_id=str(state),
            )
            name = "CIM_AssociatedPowerManagementService"
            found = instance(name, f"<g:PowerState>{state}</g:PowerState>")
            if f">{state}<".encode() not in sent or found["PowerState"] != state:
                wrong.append((number, step))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


xml_text = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"])
)


@given(st.lists(st.tuples(st.sampled_from(["PowerState", "Extra", "ServiceProvided"]), xml_text)))
def test_whatever_text_a_property_holds_it_comes_out(pairs: list[tuple[str, str]]) -> None:
    content = "".join(f"<g:{name}>{escape(value)}</g:{name}>" for name, value in pairs)

    found = instance("CIM_AssociatedPowerManagementService", content)

    for name in {name for name, _ in pairs}:
        values = found.all(name)
        texts = [value for key, value in pairs if key == name]
        assert [str(value) for value in values] == texts or all(
            str(value) == said or int(said) == value
            for value, said in zip(values, texts, strict=True)
        )


@given(st.binary(max_size=2000))
def test_no_bytes_at_all_make_it_stumble(data: bytes) -> None:
    with pytest.raises(AmtBadAnswer):
        decode(data)


def test_an_unknown_prefix_of_a_class_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not a class"):
        encode("Get", "XYZ_Thing")
