"""A client of plain sockets, written apart from amt.protocol: it can also misbehave."""

import hashlib
import http.client
import re
import socket
import ssl
from dataclasses import dataclass, field

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
BASES = {
    "AMT": "http://intel.com/wbem/wscim/1/amt-schema/1/",
    "CIM": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/",
    "IPS": "http://intel.com/wbem/wscim/1/ips-schema/1/",
}
PASSWORD = "P@ssw0rd"
IDENTIFY = (
    f'<s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body><i:Identify'
    ' xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/>'
    "</s:Body></s:Envelope>"
)


def uri(class_name: str) -> str:
    return BASES[class_name[:3]] + class_name


def envelope(
    action: str,
    class_name: str,
    body: str = "",
    *,
    selectors: str = "",
    message_id: str = "1",
    to: str = "/wsman",
    more: str = "",
) -> str:
    chosen = f"<w:SelectorSet>{selectors}</w:SelectorSet>" if selectors else ""
    return (
        f'<?xml version="1.0"?><s:Envelope xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}"'
        f' xmlns:w="{WSMAN}" xmlns:n="{ENUMERATION}"><s:Header><a:Action>{action}</a:Action>'
        f"<a:To>{to}</a:To><w:ResourceURI>{uri(class_name)}</w:ResourceURI>"
        f"<a:MessageID>{message_id}</a:MessageID><a:ReplyTo>"
        f"<a:Address>{ADDRESSING}/role/anonymous</a:Address></a:ReplyTo>{more}{chosen}</s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    )


def get(class_name: str, **options: str) -> str:
    return envelope(f"{TRANSFER}/Get", class_name, **options)


def enumerate_(class_name: str, inside: str = "", **options: str) -> str:
    body = f"<n:Enumerate>{inside}</n:Enumerate>"
    return envelope(f"{ENUMERATION}/Enumerate", class_name, body, **options)


def pull(class_name: str, context: str, most: int = 999) -> str:
    body = (
        f"<n:Pull><n:EnumerationContext>{context}</n:EnumerationContext>"
        f"<n:MaxElements>{most}</n:MaxElements></n:Pull>"
    )
    return envelope(f"{ENUMERATION}/Pull", class_name, body)


def put(class_name: str, **properties: str) -> str:
    inside = "".join(f"<r:{name}>{value}</r:{name}>" for name, value in properties.items())
    body = f'<r:{class_name} xmlns:r="{uri(class_name)}">{inside}</r:{class_name}>'
    return envelope(f"{TRANSFER}/Put", class_name, body)


def invoke(class_name: str, method: str, arguments: str = "", **options: str) -> str:
    body = f'<r:{method}_INPUT xmlns:r="{uri(class_name)}">{arguments}</r:{method}_INPUT>'
    return envelope(f"{uri(class_name)}/{method}", class_name, body, **options)


def reference(class_name: str, name: str, value: str) -> str:
    return (
        "<a:Address>/wsman</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{uri(class_name)}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="{name}">{value}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
    )


def power(state: int) -> str:
    system = reference("CIM_ComputerSystem", "Name", "ManagedSystem")
    arguments = f"<r:PowerState>{state}</r:PowerState><r:ManagedElement>{system}</r:ManagedElement>"
    return invoke("CIM_PowerManagementService", "RequestPowerStateChange", arguments)


def values(text: str, name: str) -> list[str]:
    """Return the contents of each element with this local name."""
    return re.findall(rf"<(?:\w+:)?{name}>([^<]*)</(?:\w+:)?{name}>", text)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    def one(self, name: str) -> str:
        (value,) = values(self.text, name)
        return value

    @property
    def subcode(self) -> str:
        return values(self.text, "Value")[-1].partition(":")[2]


def tls_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("RSA+AES:ECDSA+AESGCM:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


@dataclass
class Client:
    """One request at a time, a fresh connection after each 401; knobs for each oddity."""

    address: str
    password: str = PASSWORD
    username: str = "admin"
    tls: bool = False
    qop: str = "auth"
    quote: str = ""  # around nc and qop, as the Go library does
    cnonce: str = "0a1b2c3d"
    nc: int = 1
    seconds: float = 5.0
    challenge: dict[str, str] = field(default_factory=dict)

    def connect(self) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection(
                self.address, 16993, timeout=self.seconds, context=tls_context()
            )
        return http.client.HTTPConnection(self.address, 16992, timeout=self.seconds)

    def post(self, body: str, **headers: str) -> Answer:
        """Sign in if need be and return the answer to ``body``."""
        if not self.challenge:
            refused = self.send(body, **headers)
            if refused.status != 401:
                return refused
            self.learn(refused)
        return self.send(body, Authorization=self.authorization(body), **headers)

    def learn(self, refused: Answer) -> None:
        self.challenge = dict(re.findall(r'(\w+)="([^"]*)"', refused.headers["www-authenticate"]))

    def send(
        self, body: str, *, method: str = "POST", target: str = "/wsman", **headers: str
    ) -> Answer:
        """Send as it is, on a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, target, body.encode(), headers)
            response = connection.getresponse()
            text = response.read().decode()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, text)
        finally:
            connection.close()

    def authorization(self, body: str = "", method: str = "POST", target: str = "/wsman") -> str:
        given, nc = self.challenge, f"{self.nc:08x}"
        self.nc += 1
        action = f"{method}:{target}" + (f":{md5(body)}" if self.qop == "auth-int" else "")
        secret = md5(f"{self.username}:{given['realm']}:{self.password}")
        middle = f"{given['nonce']}:{nc}:{self.cnonce}:{self.qop}"
        response = md5(f"{secret}:{middle}:{md5(action)}")
        q = self.quote
        return (
            f'Digest username="{self.username}",realm="{given["realm"]}",'
            f'nonce="{given["nonce"]}",uri="{target}",qop={q}{self.qop}{q},'
            f'response="{response}",nc={q}{nc}{q},cnonce="{self.cnonce}"'
        )

    def power_state(self) -> int:
        return int(self.post(get("CIM_AssociatedPowerManagementService")).one("PowerState"))

    def order(self, state: int) -> int:
        return int(self.post(power(state)).one("ReturnValue"))

    def pull_all(self, class_name: str) -> str:
        context = self.post(enumerate_(class_name)).one("EnumerationContext")
        found = ""
        while True:
            answer = self.post(pull(class_name, context))
            found += answer.text
            if "EndOfSequence" in answer.text:
                return found


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def talk(address: str, data: bytes, port: int = 16992, seconds: float = 5.0) -> bytes:
    """Send bytes and return all that comes until the device closes."""
    with socket.create_connection((address, port), timeout=seconds) as connection:
        connection.sendall(data)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received
