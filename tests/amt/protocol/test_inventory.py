"""The inventory as facts: recorded devices value by value, odd answers, simulated devices."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from amt.protocol.wsman.decoder import read_element
from amt.protocol.wsman.instance import Instance
from amt.protocol.wsman.inventory import MANY, SINGLE, facts_of, flat
from tests.amt.protocol import captures

RECORDED = {
    "Platform: UUID": "55e3ae13-bfd2-61bb-17a0-88aedd7037ea",
    "Platform: Manufacturer": "Intel(R) Client Systems",
    "Platform: Model": "NUC9V7QNX",
    "Platform: Version": "K47174-402",
    "Platform: Serial number": "JRQN0243007J",
    "Platform: Chassis": "Desktop",
    "Board: Manufacturer": "Intel Corporation",
    "Board: Model": "NUC9V7QNB",
    "Board: Version": "K47180-402",
    "Board: Serial number": "KNQN0221020W",
    "BIOS: Manufacturer": "Intel Corp.",
    "BIOS: Version": "QNCFLX70.0054.2020.0810.2227",
    "BIOS: Released": "2020-08-10",
    "Processor: Family": "198",
    "Processor: Stepping": "13",
    "Processor: Speed": "2,400 MHz",
    "Processor: Highest speed": "8,300 MHz",
    "Memory 1: Bank": "BANK 0",
    "Memory 1: Size": "16 GiB",
    "Memory 1: Speed": "2,400 MHz",
    "Memory 1: Type": "DDR4",
    "Memory 1: Form factor": "SODIMM",
    "Memory 1: Manufacturer": "Crucial (859B)",
    "Memory 1: Part number": "CT16G4SFD824A.M16FE",
    "Memory 1: Serial number": "E0E8D670",
    "Memory 2: Bank": "BANK 2",
    "Memory 2: Serial number": "E0E8D070",
    "Disk 1: Name": "MEDIA DEV 0",
    "Disk 1: Size": "960.2 GB",
    "Disk 2: Size": "500.1 GB",
    "Network port: MAC address": "c8-d9-d2-7a-1e-33",
    "Network port: Gateway": "192.168.0.1",
    "Network port: DHCP": "yes",
    "Network port: Link is up": "yes",
    "Firmware: AMT": "12.0.67",
    "Firmware: Build Number": "1579",
    "Firmware: Sku": "16392 (AMT, corporate)",
    "Power policy: Offered": "Mobile: ON in S0; Mobile: ON in S0, ME Wake in S3, S4-5 (AC only)",
}


def recorded_answers() -> dict[str, list[Instance]]:
    """Return the instances of recorded devices by class: get answers first, then pulls."""
    found: dict[str, list[Instance]] = {}
    for path in captures.recorded():
        name = path.stem
        for raw in captures.objects(path):
            one = read_element(raw)
            wanted = "get" if one.class_name in SINGLE else "pull"
            if one.class_name in (*SINGLE, *MANY) and name == wanted:
                found.setdefault(one.class_name, []).append(one)
    port = captures.FOLDER / "amt" / "ethernetport" / "get.xml"
    found["AMT_EthernetPortSettings"] = [read_element(raw) for raw in captures.objects(port)]
    return found


def test_recorded_answers_become_the_right_inventory():
    captures.required()
    told = flat(facts_of(recorded_answers()))
    assert {name: told.get(name) for name in RECORDED} == RECORDED


@pytest.mark.parametrize("name", [*SINGLE, *MANY])
def test_odd_answers_never_break_it(name):
    odd = f"<x:{name} xmlns:x='http://example.test/x'>{{}}</x:{name}>"
    inside = [
        "",
        "<x:Capacity>much</x:Capacity><x:MaxMediaSize>-</x:MaxMediaSize><x:Family></x:Family>",
        "<x:PlatformGUID>xyz</x:PlatformGUID><x:EnabledState>on</x:EnabledState>",
        "<x:InstanceID><x:y>1</x:y></x:InstanceID><x:New>7</x:New>",
        "<x:MACAddress>a</x:MACAddress><x:MACAddress>b</x:MACAddress>",
        "<x:ReleaseDate><x:Datetime>yesterday</x:Datetime></x:ReleaseDate>",
    ]
    for text in inside:
        one = read_element(etree.fromstring(odd.format(text)))
        for value in flat(facts_of({name: [one]})).values():
            assert isinstance(value, str)


def a_certificate(version: int) -> str:
    """Return a certificate as AMT tells it, of X.509 version ``version`` (2: the usual third)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "odd")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1)
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    made = made.not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
    der = made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert bytes.fromhex("a003020102") in der
    odd = der.replace(bytes.fromhex("a003020102"), bytes.fromhex(f"a0030201{version:02x}"))
    return base64.b64encode(odd).decode()


def one(name: str, **properties: str) -> Instance:
    inside = "".join(f"<x:{key}>{text}</x:{key}>" for key, text in properties.items())
    text = f"<x:{name} xmlns:x='http://example.test/x'>{inside}</x:{name}>"
    return read_element(etree.fromstring(text))


def test_a_value_that_is_odd_beyond_measure_is_left_out_alone():
    told = flat(
        facts_of(
            {
                "CIM_PhysicalMemory": [
                    one("CIM_PhysicalMemory", Capacity="9" * 400, BankLabel="A"),
                    one("CIM_PhysicalMemory", Capacity=str(8 << 30), BankLabel="B" * 9000),
                ],
                "CIM_MediaAccessDevice": [one("CIM_MediaAccessDevice", MaxMediaSize="1" * 400)],
                "CIM_SoftwareIdentity": [
                    one("CIM_SoftwareIdentity", InstanceID="Sku", VersionString="1" * 5000),
                    one("CIM_SoftwareIdentity", InstanceID="AMT", VersionString="16.1.25"),
                    one("CIM_SoftwareIdentity", InstanceID="N" * 5000, VersionString="1"),
                ],
                "AMT_PublicKeyCertificate": [
                    one("AMT_PublicKeyCertificate", Subject="odd", X509Certificate=text)
                    for text in (a_certificate(5), a_certificate(2), "?")
                ],
            }
        )
    )
    assert told["Memory 1: Bank"] == "A"
    assert "Memory 1: Size" not in told
    assert (told["Memory 2: Size"], len(told["Memory 2: Bank"])) == ("8 GiB", 500)
    assert told["Firmware: AMT"] == "16.1.25"
    assert [told.get(f"Certificate {n}: Valid until") for n in (1, 2, 3)] == [
        *(None, "2030-01-01", None)
    ]
    assert max(map(len, told)) < 120


def test_very_many_of_a_kind_are_cut():
    many = [one("CIM_PhysicalMemory", BankLabel=str(n)) for n in range(200)]
    assert len(facts_of({"CIM_PhysicalMemory": many})) == 64


def test_a_device_that_tells_nothing_has_no_facts():
    assert facts_of({}) == {}
