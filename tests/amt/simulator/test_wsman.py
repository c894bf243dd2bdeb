import base64
import hashlib
import re

import pytest

from .client import (
    ENUMERATION,
    TRANSFER,
    WSMAN,
    Client,
    enumerate_,
    envelope,
    get,
    invoke,
    power,
    pull,
    put,
    uri,
    values,
)

POWER = "CIM_AssociatedPowerManagementService"
GENERAL = "AMT_GeneralSettings"
BOOT = "AMT_BootSettingData"


def selector(name: str, value: str, attribute: str = "Name") -> str:
    return f'<w:Selector {attribute}="{name}">{value}</w:Selector>'


@pytest.mark.parametrize(
    "selectors",
    [
        "",
        selector("InstanceID", "Intel(r) AMT: General Settings"),
        selector("InstanceID", "Intel(r) AMT: General Settings", "w:Name"),
    ],
    ids=["none", "the-key", "namespaced-attribute"],
)
def test_a_singleton_is_read_with_its_key_or_without(client, selectors):
    assert client.post(get(GENERAL, selectors=selectors)).one("ElementName")


@pytest.mark.parametrize("chosen", [("InstanceID", "x"), ("Colour", "red")], ids=str)
def test_a_wrong_selector_is_a_fault(client, chosen):
    answer = client.post(get(GENERAL, selectors=selector(*chosen)))

    assert (answer.status, answer.subcode) == (400, "InvalidSelectors")


def test_one_of_many_is_read_by_its_key(client):
    answer = client.post(get("CIM_SoftwareIdentity", selectors=selector("InstanceID", "Sku")))

    assert answer.one("VersionString") == "16392"


def test_one_of_many_without_a_key_is_a_fault(client):
    assert client.post(get("CIM_SoftwareIdentity")).subcode == "InvalidSelectors"


@pytest.mark.parametrize("name", ["AMT_NoSuchThing", "CIM_WiFiPort"])
def test_a_class_that_the_firmware_lacks_is_a_fault_with_status_400(client, name):
    answer = client.post(get(name))

    assert (answer.status, answer.subcode) == (400, "DestinationUnreachable")
    assert values(answer.text, "Text") == []  # it has an attribute
    assert "No route can be determined" in answer.text


def test_os_power_saving_is_unknown_to_old_firmware(simulated):
    old = Client(simulated(profile="9.5").address)

    assert old.post(get("IPS_PowerManagementService")).subcode == "DestinationUnreachable"


@pytest.mark.parametrize("message_id", ["1", "uuid:8a1f-22", "0c6f9b2e-0000"])
@pytest.mark.parametrize(
    "to", ["/wsman", "http://127.0.0.1:16992/wsman", "", f"{TRANSFER[:-17]}08/addressing"]
)
def test_each_way_to_number_and_address_a_message_is_accepted(client, message_id, to):
    if to.endswith("addressing"):
        to = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

    answer = client.post(get(GENERAL, message_id=message_id, to=to))

    assert (answer.status, answer.one("RelatesTo")) == (200, message_id)


@pytest.mark.parametrize(
    ("more", "subcode"),
    [
        ("<w:MaxEnvelopeSize>4096</w:MaxEnvelopeSize>", "EncodingLimit"),
        ('<w:OptionSet s:mustUnderstand="true"></w:OptionSet>', "MustUnderstand"),
        ('<x:Y xmlns:x="urn:x" s:mustUnderstand="1"></x:Y>', "MustUnderstand"),
    ],
    ids=["small-envelope", "options", "unknown-header"],
)
def test_headers_that_firmware_cannot_meet_are_faults(client, more, subcode):
    answer = client.post(get(GENERAL, more=more))

    assert (answer.status, answer.subcode) == (400, subcode)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no xml",
        "<a/>",
        '<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>',
        "<x>" * 20_000,
    ],
    ids=["nothing", "words", "other-xml", "document-type", "deep"],
)
def test_a_body_that_is_no_envelope_is_a_fault(client, body):
    assert client.post(body).status == 400


def test_nested_references_without_end_are_a_fault_or_ignored(client):
    nested = "<a:EndpointReference><a:ReferenceParameters><w:SelectorSet><w:Selector>" * 500

    assert (
        client.post(get(GENERAL, selectors=f'<w:Selector Name="InstanceID">{nested}')).status == 400
    )


def test_an_answer_is_dense_and_has_the_prefixes_that_text_searches_look_for(client):
    """amtc knows these strings by heart."""
    context = client.post(enumerate_(POWER))
    found = re.search(
        r"<g:EnumerateResponse><g:EnumerationContext>(.{36})</g:EnumerationContext>", context.text
    )
    assert found
    pulled = client.post(pull(POWER, found[1])).text

    assert "<h:PowerState>2</h:PowerState>" in pulled
    assert "<g:RequestPowerStateChange_OUTPUT><g:ReturnValue>0<" in client.post(power(8)).text
    assert "/>" not in pulled


def test_an_enumeration_ends_with_its_last_instance(client):
    context = client.post(enumerate_("CIM_SoftwareIdentity")).one("EnumerationContext")

    first = client.post(pull("CIM_SoftwareIdentity", context, 10))
    last = client.post(pull("CIM_SoftwareIdentity", context, 10))

    assert len(values(first.text, "InstanceID")) == 10
    assert "EndOfSequence" not in first.text
    assert first.text.index("EnumerationContext") < first.text.index("Items")
    assert len(values(last.text, "InstanceID")) == 1
    assert "EndOfSequence" in last.text


def test_chips_come_one_per_pull(client):
    context = client.post(enumerate_("CIM_Chip")).one("EnumerationContext")

    assert len(values(client.post(pull("CIM_Chip", context)).text, "Tag")) == 1


def test_a_class_without_instances_is_an_empty_enumeration(client):
    pulled = client.pull_all("AMT_RemoteAccessPolicyRule")

    assert "<g:Items></g:Items><g:EndOfSequence></g:EndOfSequence>" in pulled


def test_the_answer_to_enumerate_names_the_class_again(client):
    answer = client.post(enumerate_("CIM_ServiceAvailableToElement"))

    assert answer.one("ResourceURI") == uri("CIM_ServiceAvailableToElement")


@pytest.mark.parametrize(
    ("base", "derived"),
    [
        ("CIM_ServiceAvailableToElement", POWER),
        ("CIM_PhysicalPackage", "CIM_Card"),
        ("CIM_SystemPackaging", "CIM_ComputerSystemPackage"),
        ("CIM_CredentialContext", "AMT_TLSCredentialContext"),
    ],
)
def test_enumerating_a_base_class_gives_the_derived_ones_in_their_namespace(client, base, derived):
    pulled = client.pull_all(base)

    assert f'xmlns:h="{uri(derived)}"' in pulled
    assert f"<h:{derived}>" in pulled


def test_optimised_enumeration_is_answered_as_a_plain_one(client):
    inside = "<w:OptimizeEnumeration/><w:MaxElements>50</w:MaxElements>"

    answer = client.post(enumerate_(POWER, inside))

    assert answer.one("EnumerationContext")
    assert "Items" not in answer.text


@pytest.mark.parametrize(
    ("mode", "instances", "references"),
    [("EnumerateEPR", 0, 11), ("EnumerateObjectAndEPR", 11, 11)],
)
def test_references_are_enumerated_on_request(client, mode, instances, references):
    inside = f"<w:EnumerationMode>{mode}</w:EnumerationMode>"
    context = client.post(enumerate_("CIM_SoftwareIdentity", inside)).one("EnumerationContext")

    pulled = client.post(pull("CIM_SoftwareIdentity", context)).text

    assert len(values(pulled, "VersionString")) == instances
    assert pulled.count("<b:EndpointReference>") == references


def test_a_released_enumeration_is_gone(client):
    context = client.post(enumerate_(POWER)).one("EnumerationContext")
    inside = f"<n:EnumerationContext>{context}</n:EnumerationContext>"

    released = client.post(
        envelope(f"{ENUMERATION}/Release", POWER, f"<n:Release>{inside}</n:Release>")
    )

    assert released.status == 200
    assert client.post(pull(POWER, context)).subcode == "InvalidEnumerationContext"


def test_a_ninth_enumeration_ends_the_oldest(client):
    contexts = [client.post(enumerate_(POWER)).one("EnumerationContext") for _ in range(10)]

    statuses = [client.post(pull(POWER, context)).status for context in contexts]

    assert statuses[0] == 400
    assert statuses[-1] == 200


def test_a_put_is_kept_and_echoed(client):
    answer = client.post(put(GENERAL, HostName="renamed"))

    assert (answer.status, answer.one("HostName")) == (200, "renamed")
    assert client.post(get(GENERAL)).one("HostName") == "renamed"


@pytest.mark.parametrize(
    ("properties", "subcode"),
    [
        ({"Colour": "red"}, "SchemaValidationError"),
        ({"UseSOL": "maybe"}, "SchemaValidationError"),
        ({"BootMediaIndex": "first"}, "SchemaValidationError"),
    ],
    ids=str,
)
def test_a_put_of_what_the_class_has_not_is_a_fault(client, properties, subcode):
    answer = client.post(put(BOOT, **properties))

    assert (answer.status, answer.subcode) == (400, subcode)


@pytest.mark.parametrize(("profile", "status"), [("16.1", 200), ("11.8", 400), ("9.5", 400)])
def test_only_newer_firmware_overlooks_what_may_only_be_read(simulated, profile, status):
    client = Client(simulated(profile=profile).address)

    assert client.post(put(BOOT, BIOSLastStatus="9", OptionsCleared="false")).status == status


def test_old_firmware_does_not_know_new_boot_options(simulated):
    client = Client(simulated(profile="9.5").address)

    assert client.post(put(BOOT, SecureErase="false")).subcode == "SchemaValidationError"


@pytest.mark.parametrize(("profile", "status"), [("11.8", 200), ("16.1", 400)])
def test_a_vnc_password_is_taken_by_old_firmware_and_never_told(simulated, profile, status):
    client = Client(simulated(profile=profile).address)
    settings = "IPS_KVMRedirectionSettingData"

    assert client.post(put(settings, RFBPassword="P@ssw0rd")).status == status
    assert "P@ssw0rd" not in client.post(get(settings)).text


@pytest.mark.parametrize(
    "asked",
    [
        invoke("CIM_PowerManagementService", "Explode"),
        invoke(GENERAL, "RequestPowerStateChange"),
        envelope("urn:other", GENERAL),
    ],
    ids=["method", "class", "action"],
)
def test_an_action_that_the_class_has_not_is_a_fault(client, asked):
    assert client.post(asked).subcode == "ActionNotSupported"


def test_arguments_of_another_namespace_are_a_fault(client):
    body = '<x:RequestPowerStateChange_INPUT xmlns:x="urn:x"><x:PowerState>2</x:PowerState>'
    action = f"{uri('CIM_PowerManagementService')}/RequestPowerStateChange"

    answer = client.post(
        envelope(action, "CIM_PowerManagementService", f"{body}</x:RequestPowerStateChange_INPUT>")
    )

    assert answer.subcode == "SchemaValidationError"


def test_message_ids_of_the_device_count_up_in_its_own_form(client):
    ids = [client.post(get(GENERAL)).one("MessageID") for _ in range(2)]

    assert re.fullmatch(r"uuid:00000000-8086-8086-8086-[0-9A-F]{12}", ids[0])
    assert ids[0] < ids[1]


def test_latin_1_that_calls_itself_utf_8_is_understood(client):
    """MeshCentral writes its requests so."""
    assert (
        client.post(put(GENERAL, HostName="caf\N{LATIN SMALL LETTER E WITH ACUTE}")).status == 200
    )


def test_the_uuid_is_told_in_the_byte_order_of_smbios(client, device):
    guid = client.post(get("CIM_ComputerSystemPackage")).one("PlatformGUID")

    assert guid == device.uuid.bytes_le.hex().upper()


def test_the_certificate_in_use_can_be_read(client, device):
    der = base64.b64decode(
        values(client.pull_all("AMT_PublicKeyCertificate"), "X509Certificate")[0]
    )

    assert hashlib.sha256(der).hexdigest() == device.certificate_sha256


def test_a_maximum_envelope_of_50000_is_enough(client):
    more = '<w:MaxEnvelopeSize s:mustUnderstand="true">50000</w:MaxEnvelopeSize>'

    assert WSMAN in client.post(get(GENERAL, more=more)).text
