"""Real bytes to begin with: what simulated engines of every firmware say, and are asked."""

from __future__ import annotations

import base64
import contextlib
import ssl
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from amt.constants import DELIVERY_PUSH
from amt.protocol import eoi, setup_bin, setup_variables
from amt.protocol.rmcp import ping
from amt.protocol.wsman.codec import encode
from amt.protocol.wsman.envelope import issued_tokens
from amt.protocol.wsman.instance import Reference
from amt.simulator import PROFILES, Device, DeviceSpec
from amt.simulator.alerts import alert_of, letters
from amt.simulator.eoi import EoiService
from amt.simulator.event_log import EventLog
from amt.simulator.rmcp import pong
from amt.simulator.subscriptions import Subscription
from amt.simulator.wsman import WsmanService
from tests.amt.certificates import samples as certificate_samples
from tests.amt.protocol import captures
from tests.amt.protocol.certificates import server as tls_server
from tests.amt.protocol.device import challenge, http
from tests.amt.simulator import authority, client
from tests.amt.simulator.provisioning import key_blob

NEXT = b"\n--- next connection ---\n"
GETS = (
    "AMT_GeneralSettings",
    "AMT_BootSettingData",
    "CIM_AssociatedPowerManagementService",
    "IPS_PowerManagementService",
    "CIM_Chassis",
    "AMT_NoSuchClass",
)


@cache
def requests() -> list[bytes]:
    """Return requests of every kind that the console sends."""
    log = "AMT_MessageLog"
    return [
        encode("Identify"),
        *(encode("Get", name) for name in GETS),
        encode("Enumerate", "CIM_PhysicalMemory"),
        encode(
            "Pull", "CIM_PhysicalMemory", arguments={"EnumerationContext": "x", "MaxElements": 9}
        ),
        encode(
            "Put", "AMT_GeneralSettings", arguments={"HostName": "pc", "PingResponseEnabled": True}
        ),
        encode("PositionToFirstRecord", log),
        *subscriptions(),
        encode("GetRecords", log, arguments={"IterationIdentifier": 1, "MaxReadRecords": 50}),
    ]


def subscriptions() -> list[bytes]:
    """Return what asks for events, and what asks for none any more."""
    delivery = {"Mode": DELIVERY_PUSH, "NotifyTo": {"Address": "http://127.0.0.1:9/"}}
    chosen = {"InstanceID": "Intel(r) AMT:All"}
    kept = {"Filter": Reference("CIM_FilterCollection", chosen)}
    return [
        encode(
            "Subscribe",
            "CIM_FilterCollection",
            selectors=chosen,
            arguments={"Delivery": delivery},
            more_headers=[issued_tokens("user", "password")],
        ),
        encode("Unsubscribe", "CIM_FilterCollectionSubscription", selectors=kept),
    ]


@cache
def alerts() -> list[bytes]:
    """Return events as devices send them, with and without the wish for an acknowledgement."""
    events = EventLog()
    for sensor, offset in ((5, 0), (6, 5), (15, 2), (36, 0)):
        events.add(1_700_000_000, sensor, offset, 16, 34, (0xAA, 1))
    ways = [Subscription("Intel(r) AMT:All", "", is_acked) for is_acked in (True, False)]
    found = [alert_of(record) for record in events.newest_first(1, 9)]
    return [letter.body for alert in found if alert for letter in letters(alert, ways)]


@cache
def set_up_calls() -> list[bytes]:
    """Return what a provisioning server sends, with certificates and keys inside."""
    one, keys = authority.server(), "AMT_PublicKeyManagementService"
    der = base64.b64encode(one.root).decode()
    chain = "<r:IsLeafCertificate>true</r:IsLeafCertificate>"
    user = "<r:DigestUsername>ann</r:DigestUsername><r:AccessPermission>2</r:AccessPermission>"
    digest = f"<r:DigestPassword>{'0' * 32}</r:DigestPassword><r:Realms>5</r:Realms>"
    calls = [
        (keys, "AddCertificate", f"<r:CertificateBlob>{der}</r:CertificateBlob>"),
        (keys, "AddKey", f"<r:KeyBlob>{key_blob(one.key)}</r:KeyBlob>"),
        (
            "IPS_HostBasedSetupService",
            "AddNextCertInChain",
            f"<r:NextCertificate>{der}</r:NextCertificate>{chain}",
        ),
        ("AMT_AuthorizationService", "AddUserAclEntryEx", user + digest),
        ("AMT_AuthorizationService", "EnumerateUserAclEntries", "<r:StartIndex>1</r:StartIndex>"),
        (
            "AMT_SetupAndConfigurationService",
            "SetMEBxPassword",
            "<r:Password>P@ssw0rd</r:Password>",
        ),
    ]
    names = ("AMT_TLSSettingData", "AMT_EthernetPortSettings", "AMT_PublicKeyCertificate")
    texts = [client.invoke(name, method, arguments) for name, method, arguments in calls]
    texts += [client.put(names[0], Enabled="true", TrustedCN="x"), *map(client.enumerate_, names)]
    return [text.encode() for text in texts]


@cache
def set_up_handshakes() -> list[bytes]:
    """Return Certificate messages of a TLS client, in records."""
    chain = [authority.der(link) for link in authority.server().chain]
    found = []
    for size in (64, 16_384):
        listed = b"".join(len(link).to_bytes(3, "big") + link for link in chain)
        body = len(listed).to_bytes(3, "big") + listed
        message = b"\x0b" + len(body).to_bytes(3, "big") + body
        pieces = [message[at : at + size] for at in range(0, len(message), size)]
        found.append(
            b"".join(b"\x16\x03\x03" + len(one).to_bytes(2, "big") + one for one in pieces)
        )
    return found


@cache
def answers() -> list[bytes]:
    """Return what simulated engines answer to them, and what real ones did, where at hand."""
    said = [
        WsmanService(Device(DeviceSpec("127.0.0.1", profile=profile))).answer(request)[1]
        for profile in PROFILES
        for request in requests()
    ]
    recorded = [path.read_bytes() for path in captures.recorded()]
    return said + [body for body in recorded if len(body) < 20_000]


@cache
def event_logs() -> list[bytes]:
    return [body for body in answers() if b"GetRecords_OUTPUT" in body]


@cache
def certificate_files() -> list[bytes]:
    """Return certificates as files of each kind."""
    chain = [certificate_samples.leaf(), certificate_samples.root()]
    return [
        chain[0].public_bytes(Encoding.DER),
        b"".join(one.public_bytes(Encoding.PEM) for one in chain),
        pkcs7.serialize_certificates(chain, Encoding.DER),
        certificate_samples.key_pem(certificate_samples.key())
        + chain[0].public_bytes(Encoding.PEM),
    ]


def hellos() -> list[bytes]:
    """Return hello messages of both versions."""
    head = bytes.fromhex("0100 0300 00000000") + bytes(range(16))
    with_hashes = head + b"\x02" + b"\x01\x14" + bytes(20) + b"\x02\x20" + bytes(32)
    return [with_hashes, head.replace(b"\x03", b"\x02", 1) + b"0000037M"]


def setup_files() -> list[bytes]:
    """Return setup files: scrambled and not, consumable and not."""
    entries = (
        setup_variables.entry((1, 1), "admin"),
        setup_variables.entry((1, 2), "P@ssw0rd-1"),
        setup_variables.entry((2, 3), "example.org"),
        setup_variables.entry((2, 7), 1),
        setup_variables.hash_entry("sha256", bytes(32), "Root"),
    )
    rows = [setup_bin.Record(entries, flags=flags) for flags in (1, 3)]
    return [
        setup_bin.write(setup_bin.SetupFile((row,) * count, flags=2 - count))
        for row in rows
        for count in (1, 2)
    ]


def challenges() -> list[bytes]:
    return [
        b'Digest realm="Digest:0123456789ABCDEF", nonce="bm9u",stale="false",qop="auth-int, auth"',
        b'Basic realm="x"\nDigest realm="Digest:10DF0000", nonce="n",qop="auth",opaque="o"',
        b"Digest realm=x, nonce=y, algorithm=MD5",
    ]


@cache
def conversations() -> list[bytes]:
    """Return what an engine says on each connection of a session: the challenge, then answers."""
    parts = [http(body) for body in answers()]
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n04\r\n<a/>\r\n0\r\n\r\n"
    whole = NEXT.join([challenge(), *map(http, _reading_of_power())])
    return [whole, *(challenge() + NEXT + part for part in (*parts[:40], chunked))]


def _reading_of_power() -> list[bytes]:
    """Return the answers to all that power management reads."""
    log = "AMT_MessageLog"
    arguments = {"IterationIdentifier": 1, "MaxReadRecords": 50}
    service = WsmanService(Device(DeviceSpec("127.0.0.1")))
    asked = (
        encode("Get", "CIM_AssociatedPowerManagementService"),
        encode("Get", "IPS_PowerManagementService"),
        encode("PositionToFirstRecord", log),
        encode("GetRecords", log, arguments=arguments),
    )
    return [service.answer(request)[1] for request in asked]


@cache
def tls_flights() -> list[bytes]:
    """Return the first flight of a TLS server: hello, certificate, key exchange."""
    return [
        _flight(tls_server(newest=version))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    ]


def _flight(server: ssl.SSLContext) -> bytes:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    to_server, to_client, nothing = ssl.MemoryBIO(), ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        client.wrap_bio(nothing, to_server).do_handshake()
    with contextlib.suppress(ssl.SSLWantReadError):
        server.wrap_bio(to_server, to_client, server_side=True).do_handshake()
    return to_client.read()


def eoi_requests() -> list[bytes]:
    """Return what the console asks firmware that knows only the older SOAP interface."""
    return [
        eoi._written("RemoteControl", "GetSystemPowerState", ()),
        eoi._written("RemoteControl", "RemoteControl", (("Command", 16), ("IanaOemNumber", 343))),
    ]


def eoi_answers() -> list[bytes]:
    service = EoiService(Device(DeviceSpec("127.0.0.1", profile="2.6")))
    return [service.answer("/RemoteControlService", asked)[1] for asked in eoi_requests()]


def redirection() -> list[bytes]:
    """Return what a serial console is opened and typed into with."""
    login = b"\x05admin\x08P@ssw0rd"
    start = b"\x10\x00\x00\x00SOL "
    plain = b"\x13\x00\x00\x00\x01" + len(login).to_bytes(4, "little") + login
    typed = b"\x28" + bytes(7) + b"\x02\x00hi"
    return [start, start + plain, start + plain + typed, b"\x13\x00\x00\x00\x00" + bytes(4)]


def pings() -> list[bytes]:
    return [ping(tag) for tag in (0, 254)]


def pongs() -> list[bytes]:
    found = [pong(Device(DeviceSpec("127.0.0.1", profile=name)), ping()) for name in PROFILES]
    return [datagram for datagram in found if datagram]


def http_requests() -> list[bytes]:
    head = b"POST /wsman HTTP/1.1\r\nHost: 127.0.0.1:16992\r\nContent-Type: text/xml\r\n"
    body = requests()[0]
    return [
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
        head + b"Transfer-Encoding: chunked\r\n\r\n%X\r\n%b\r\n0\r\n\r\n" % (len(body), body),
        head + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    ]
