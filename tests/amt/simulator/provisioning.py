"""A provisioning server of plain sockets, written apart from the console."""

import base64
import http.client
import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from amt.simulator import DeviceSpec, trusted_hashes
from amt.simulator.profiles import PROFILES

from .authority import SUFFIX, Server, bare_context, key
from .client import (
    TRANSFER,
    Answer,
    Client,
    enumerate_,
    envelope,
    get,
    invoke,
    md5,
    pull,
    reference,
    uri,
    values,
)

PASSWORD, MEBX_PASSWORD = "N3w-P@ssw0rd", "M3bx-P@ssw0rd"
SETUP = "AMT_SetupAndConfigurationService"
KEYS = "AMT_PublicKeyManagementService"
USERS = "AMT_AuthorizationService"
HOST = "IPS_HostBasedSetupService"
CLOCK = "AMT_TimeSynchronizationService"
REMOTE = "Intel(r) AMT 802.3 TLS Settings"


def trusting(root: bytes, profile: str = "16.1", **like: Any) -> dict[str, Any]:
    """Return what a device of the factory is like that waits for the server with this root."""
    trusted = trusted_hashes(root, PROFILES[profile].major_minor)
    known = {"is_factory": True, "is_activated": True, "suffix": SUFFIX, "restart_ms": 50}
    return {"profile": profile, "hashes": trusted, **known, **like}


def spec_of(address: str, one: Server, **like: Any) -> DeviceSpec:
    return DeviceSpec(address, **trusting(one.root, **like))


@dataclass
class Session(Client):
    """One TLS connection after another to a device in set-up; nobody signs in."""

    server: Server | None = None
    context: ssl.SSLContext = field(default_factory=bare_context)

    def __post_init__(self) -> None:
        if self.server:
            self.context = self.server.context()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPSConnection(
            self.address, 16993, timeout=self.seconds, context=self.context
        )

    def call(self, class_name: str, method: str, **arguments: object) -> int:
        """Return the ReturnValue of a method."""
        return int(self.invoke(class_name, method, **arguments).one("ReturnValue"))

    def invoke(self, class_name: str, method: str, **arguments: object) -> Answer:
        inside = "".join(
            f"<r:{name}>{one}</r:{name}>"
            for name, value in arguments.items()
            for one in (value if isinstance(value, list) else [value])
        )
        return self.post(invoke(class_name, method, inside))

    def get(self, class_name: str) -> Answer:
        return self.post(get(class_name))

    def put(self, class_name: str, instance_id: str = "", **properties: object) -> Answer:
        chosen = f'<w:Selector Name="InstanceID">{instance_id}</w:Selector>' if instance_id else ""
        return self.post(
            envelope(f"{TRANSFER}/Put", class_name, body(class_name, properties), selectors=chosen)
        )

    def create(self, class_name: str, **properties: object) -> Answer:
        return self.post(envelope(f"{TRANSFER}/Create", class_name, body(class_name, properties)))

    def delete(self, class_name: str, instance_id: str) -> Answer:
        chosen = f'<w:Selector Name="InstanceID">{instance_id}</w:Selector>'
        return self.post(envelope(f"{TRANSFER}/Delete", class_name, selectors=chosen))

    def pull_all(self, class_name: str) -> str:
        context = self.post(enumerate_(class_name)).one("EnumerationContext")
        found = ""
        while context:
            answer = self.post(pull(class_name, context))
            assert answer.status == 200
            found += answer.text
            context = "" if "EndOfSequence" in answer.text else context
        return found

    def all(self, class_name: str, name: str) -> list[str]:
        """Return one property of each instance of a class."""
        return values(self.pull_all(class_name), name)

    # The steps of set-up

    def set_mebx_password(self, password: str = MEBX_PASSWORD) -> int:
        return self.call(SETUP, "SetMEBxPassword", Password=password)

    def set_admin_password(self, password: str = PASSWORD, form: str = "base64") -> int:
        realm = self.get("AMT_GeneralSettings").one("DigestRealm")
        secret = md5(f"admin:{realm}:{password}")
        sent = secret if form == "hex" else base64.b64encode(bytes.fromhex(secret)).decode()
        return self.call(USERS, "SetAdminAclEntryEx", Username="admin", DigestPassword=sent)

    def set_clock(self, seconds: float | None = None) -> int:
        there = int(self.invoke(CLOCK, "GetLowAccuracyTimeSynch").one("Ta0"))
        here = int(seconds or time.time())
        return self.call(CLOCK, "SetHighAccuracyTimeSynch", Ta0=there, Tm1=here, Tm2=here)

    def generate_key(self, length: int = 2048) -> str:
        made = self.invoke(KEYS, "GenerateKeyPair", KeyAlgorithm=0, KeyLength=length)
        return selected(made)

    def certify(self, instance_id: str) -> bytes:
        """Return a certificate (DER) for a key that the device has made."""
        shown = self.pull_all("AMT_PublicPrivateKeyPair")
        keys = dict(zip(values(shown, "InstanceID"), values(shown, "DERKey"), strict=True))
        public = serialization.load_pem_public_key(public_pem(keys[instance_id]))
        return device_certificate(public)

    def add_certificate(self, der: bytes, method: str = "AddCertificate") -> Answer:
        return self.invoke(KEYS, method, CertificateBlob=base64.b64encode(der).decode())

    def bind(self, instance_id: str) -> Answer:
        return self.create(
            "AMT_TLSCredentialContext",
            ElementInContext=reference("AMT_PublicKeyCertificate", "InstanceID", instance_id),
            ElementProvidingContext=reference(
                "AMT_TLSProtocolEndpointCollection",
                "ElementName",
                "TLSProtocolEndpointInstances Collection",
            ),
        )

    def turn_tls_on(self, *, mutual: bool = False, plain: bool = True, **more: object) -> Answer:
        return self.put(
            "AMT_TLSSettingData",
            REMOTE,
            AcceptNonSecureConnections=str(plain).lower(),
            ElementName=REMOTE,
            Enabled="true",
            InstanceID=REMOTE,
            MutualAuthentication=str(mutual).lower(),
            **more,
        )

    def commit(self) -> int:
        return self.call(SETUP, "CommitChanges")

    def prepare(self) -> bytes:
        """Do all but the commit; return the certificate that TLS is to show."""
        assert self.set_mebx_password() == 0
        assert self.set_admin_password() == 0
        assert self.set_clock() == 0
        made = self.certify(self.generate_key())
        added = self.add_certificate(made)
        assert added.one("ReturnValue") == "0"
        assert self.bind(selected(added)).status == 200
        assert self.turn_tls_on().status == 200
        return made

    def provision(self) -> bytes:
        """Set the device up; return the certificate that TLS is to show."""
        made = self.prepare()
        assert self.commit() == 0
        return made


def body(class_name: str, properties: dict[str, object]) -> str:
    inside = "".join(
        f"<r:{name}>{one}</r:{name}>"
        for name, value in properties.items()
        for one in (value if isinstance(value, list) else [value])
    )
    return f'<r:{class_name} xmlns:r="{uri(class_name)}">{inside}</r:{class_name}>'


def selected(answer: Answer) -> str:
    """Return the key of the instance that an answer names."""
    return re.findall(r"Selector Name=[^>]*>([^<]*)<", answer.text)[0]


def public_pem(text: str) -> bytes:
    """Return AMT's form of a public key as the library reads it."""
    inside = base64.encodebytes(base64.b64decode(text)).decode()
    kind = "RSA PUBLIC KEY"
    return f"-----BEGIN {kind}-----\n{inside}-----END {kind}-----\n".encode()


def device_certificate(public: Any, name: str = "pc.example.org") -> bytes:
    """Return a certificate (DER) for a device, of an authority that nobody asks for."""
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Zone")]))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=100))
        .sign(key(2048, 9), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def key_blob(own: rsa.RSAPrivateKey) -> str:
    """Return a private key as AddKey wants it."""
    der = own.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return base64.b64encode(der).decode()


def wait_until(is_so: Any, seconds: float = 5.0) -> None:
    """Wait until something is so, and fail if it never is."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)


def listens(address: str, port: int) -> bool:
    """Return whether a port takes connections."""
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError:
        return False
    return True


def shown_certificate(address: str, context: ssl.SSLContext | None = None) -> bytes:
    """Return the certificate (DER) that TLS shows."""
    with (
        socket.create_connection((address, 16993), timeout=5) as plain,
        (context or bare_context()).wrap_socket(plain) as secure,
    ):
        der = secure.getpeercert(binary_form=True)
        assert der
        return der
