"""Facts of a healthy device for each firmware, and one seeded cause for each kind of the doctor."""

from dataclasses import replace
from datetime import timedelta
from functools import cache
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes as digests
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding

from amt.certificates import chains, firmware, hashes, marks, rules
from amt.certificates.verdicts import Case
from amt.constants import ProvisioningState
from amt.doctor.facts import (
    Attempt,
    ConsoleFacts,
    DeviceFacts,
    Ended,
    Facts,
    Key,
    NameFacts,
    OurCertificate,
    ReachFacts,
    Shake,
    ZoneFacts,
)
from amt.simulator.profiles import PROFILES
from tests.amt.certificates import samples
from tests.amt.certificates.samples import CLIENT, DAY, NOW, SERVER, certificate, key, leaf, name

NAME, ADDRESS, UUID_ = "amt.example.org", "10.20.3.51", UUID(int=301)
HOUR = timedelta(hours=1)
OK = Shake(Ended.OK, version="TLS 1.2")
SHA384 = {"digest": digests.SHA384()}


@cache
def root():
    return samples.root()


@cache
def good():
    return leaf(NAME)


def ours(found, *pool, key_is=Key.HERE, now=NOW):
    """Return a management certificate as the console would describe it."""
    chain = chains.build(found, pool or [root()])
    case = Case(chain, has_key=key_is is not Key.MISSING, host_name=NAME, now=now)
    may_issue = rules.can_issue(found)
    verdicts = tuple(rules.judge(case))
    return OurCertificate(chains.common_name(found), chain, verdicts, key_is, may_issue)


@cache
def usual():
    return ours(good())


@cache
def strong():
    """What AMT 22 and newer want."""
    return ours(leaf(NAME, own=key(3072), **SHA384), samples.root(**SHA384))


def digest(found, algorithm):
    one = hashes.of(found.public_bytes(Encoding.DER))[algorithm]
    return algorithm, one.digits.lower()


def factory_roots(algorithm="sha256", count=3):
    size = {"sha1": 40, "sha256": 64, "sha384": 96}[algorithm]
    return tuple((algorithm, f"{number:0{size}x}") for number in range(count))


def healthy(version=(16, 1)):
    """Return facts of a device of ``version`` that nothing speaks against, examined just now."""
    proof = strong() if version >= (22, 0) else usual()
    algorithm = firmware.generation(version).algorithm
    held = (*factory_roots(algorithm), digest(proof.chain.root, algorithm))
    return Facts(
        now=NOW,
        device=DeviceFacts(
            uuid=UUID_,
            address=ADDRESS,
            firmware=version,
            state=ProvisioningState.IN,
            is_ours=False,
            hello_version=3,
            key_id="",
            hashes=held,
            has_own_password=True,
            retry_count=1,
            heard_at=NOW - HOUR,
            seen_at=NOW - HOUR,
            has_dhcp=True,
            has_wired_link=True,
            trusted_suffix="",
            dhcp_suffix="example.org",
            server_name="",
            clock_off=timedelta(seconds=2),
        ),
        reach=ReachFacts("", frozenset({16993}), None, OK, OK, uuid=UUID_),
        names=NameFacts("pc-301.example.org", (ADDRESS,)),
        console=ConsoleFacts(
            server="SRV-AMT-01",
            certificates=(proof,),
            elsewhere=0,
            clock_off=timedelta(0),
            can_psk=False,
            has_credential=True,
            credential_opens=True,
            gives_password=True,
            running_task="",
        ),
        zone=ZoneFacts(hours_here=12, hours_external=24, legacy_allowed=False),
    )


VERSIONS = {name: profile.major_minor for name, profile in PROFILES.items()}


def of(version=(16, 1), *, device=None, reach=None, console=None, names=None, **more):
    """Return healthy facts with what is given in place of the healthy ones."""
    base = healthy(version)
    return replace(
        base,
        device=replace(base.device, **(device or {})),
        reach=replace(base.reach, **(reach or {})),
        console=replace(base.console, **(console or {})),
        names=replace(base.names, **(names or {})),
        **more,
    )


def holding(*held, version=(16, 1), **more):
    """Return facts of a device that trusts the factory's roots and ``held``."""
    return of(version, device={"hashes": (*factory_roots(), *held)}, **more)


def showing(found, *pool, version=(16, 1), **more):
    """Return facts of a server that has this certificate; the device trusts its root."""
    proof = ours(found, *pool)
    algorithm = firmware.generation(version).algorithm
    top = proof.chain.root or root()
    return of(
        version,
        device={"hashes": (*factory_roots(algorithm), digest(top, algorithm))},
        console={"certificates": (proof,)},
        **more,
    )


def closed(failure, **more):
    return {"ports": frozenset(), "failure": failure, "anonymous": None, "proving": None, **more}


def alert(text, **more):
    return {"proving": Shake(Ended.ALERT, text), **more}


def intermediate(**more):
    given = {"ca": True, "issues": True, "signs": False, **more}
    signer = given.pop("signer", key(number=1))
    issuer = given.pop("issuer", samples.ROOT_NAME)
    own = given.pop("own", key(number=2))
    return certificate(given.pop("subject", name("Sample Issuing")), issuer, own, signer, **given)


@cache
def below():
    """Return a leaf below an intermediate, and that."""
    above = intermediate()
    return leaf(NAME, signer=key(number=2), issuer=above.subject), above


def long_chain():
    """Return a leaf five certificates long."""
    links, subject, signer = [root()], samples.ROOT_NAME, key(number=1)
    for number in range(3):
        own, called = key(number=2 + number), name(f"Sample Issuing {number}")
        made = intermediate(subject=called, issuer=subject, own=own, signer=signer)
        links.append(made)
        subject, signer = called, own
    return leaf(NAME, issuer=subject, signer=signer), *links


def signed_with_sha1(found):
    """Return ``found`` signed anew: the library itself signs nothing with SHA-1 any more."""
    oid = bytes.fromhex("06092a864886f70d0101")  # of RSA; its last byte names the digest
    der = found.public_bytes(Encoding.DER).replace(oid + b"\x0b", oid + b"\x05")
    body = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    signature = key(number=1).sign(body, padding.PKCS1v15(), digests.SHA1())
    return x509.load_der_x509_certificate(der.replace(found.signature, signature))


def old_root():
    own, called = key(number=5), name("Sample Root of 2020")
    return certificate(called, called, own, own, ca=True, issues=True, signs=False)


CURVE = ec.generate_private_key(ec.SECP256R1())
MANY = x509.SubjectAlternativeName([x509.DNSName(f"{n}.example.org") for n in range(300)])
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
PSK = {"hello_version": 2, "key_id": "NKLDG5DC", "hashes": (), "firmware": (9, 5)}


def seeds():
    """Return facts by the code of the one cause that was seeded in them."""
    old, between = old_root(), below()[1]
    return {
        # Before anything is sent
        "set-up-by-us": of(device={"state": ProvisioningState.POST, "is_ours": True}),
        "set-up-already": of(device={"state": ProvisioningState.POST}),
        "not-waiting": of(device={"state": ProvisioningState.PRE, "heard_at": None}),
        "set-up-running": of(console={"running_task": "Task 4811"}),
        "entry-ended": of(device={"seen_at": NOW - 30 * HOUR, "heard_at": None}),
        "entry-external-only": of(device={"seen_at": NOW - 20 * HOUR}),
        "set-up-period-over": of(
            device={"heard_at": NOW - 260 * HOUR}, reach=closed("port-closed")
        ),
        "hello-unanswered": of(device={"retry_count": 12}),
        "no-management-certificate": of(console={"certificates": (), "elsewhere": 0}),
        "no-certificate-here": of(console={"certificates": (), "elsewhere": 2}),
        "key-missing": of(console={"certificates": (ours(good(), key_is=Key.MISSING),)}),
        "key-closed": of(console={"certificates": (ours(good(), key_is=Key.CLOSED),)}),
        "certificate-expired": showing(leaf(NAME, ends=NOW - DAY)),
        "certificate-early": showing(leaf(NAME, begins=NOW + DAY)),
        "certificate-ends-soon": showing(leaf(NAME, ends=NOW + 20 * DAY)),
        "certificate-no-ca": showing(leaf(NAME, ca=False, path=None, issues=False)),
        "credential-missing": of(console={"has_credential": False}),
        "credential-closed": of(console={"credential_opens": False}),
        "factory-password": of(
            device={"has_own_password": False}, console={"gives_password": False}
        ),
        "server-clock": of(console={"clock_off": timedelta(hours=3)}),
        # On the way
        "address-not-allowed": of(reach=closed(None, refusal="224.0.0.1 is a multicast address.")),
        "not-found": of(reach=closed("unreachable")),
        "port-closed": of(reach=closed("port-closed")),
        "no-route": of(reach=closed("no-route")),
        "other-device": of(reach={"uuid": UUID(int=302)}),
        "address-moved": of(names={"addresses": ("10.20.3.77",)}),
        "name-unknown": of(names={"addresses": ()}),
        "no-reverse-name": of(
            names={"reverse": "", "addresses": None}, attempt=Attempt(code="odd", step="back")
        ),
        "wireless-only": of(device={"has_wired_link": False}),
        "static-address": of(device={"has_dhcp": False}),
        "restarting": of(
            reach=closed("unreachable", restarted_at=NOW - timedelta(seconds=20)),
        ),
        "tls-too-old": of(
            (11, 8), reach={"anonymous": Shake(Ended.OK, version="TLS 1.1", is_too_old=True)}
        ),
        "tls-other": of(reach={"anonymous": Shake(Ended.ALERT, "protocol_version")}),
        "no-tls": of(reach={"anonymous": Shake(Ended.NO_TLS), "proving": None}),
        "unresponsive": of(reach={"anonymous": Shake(Ended.TIMEOUT), "proving": None}),
        # The device judges our certificate
        "hash-missing": holding(),
        "hash-kind-ignored": holding(digest(root(), "sha1")),
        "hash-of-intermediate": of(
            device={"hashes": (*factory_roots(), digest(between, "sha256"))},
            console={"certificates": (ours(below()[0], between, root()),)},
        ),
        "hash-of-leaf": holding(digest(good(), "sha256")),
        "hash-of-old-root": holding(
            digest(old, "sha256"),
            console={"former_roots": {digest(old, "sha256"): "Sample Root of 2020"}},
        ),
        "console-oid-only": showing(leaf(NAME, None, usages=(SERVER, marks.CONSOLE_OID))),
        "unit-spelling": showing(leaf(NAME, marks.UNIT_WITHOUT_R, usages=(SERVER,))),
        "no-amt-mark": showing(leaf(NAME, None, usages=(SERVER,))),
        "no-server-authentication": showing(leaf(NAME, None, usages=(CLIENT, marks.SETUP_OID))),
        "chain-incomplete": showing(below()[0], root()),
        "chain-wrong-issuer": showing(leaf(NAME, signer=key(number=4))),
        "chain-too-long": showing(*long_chain()),
        "chain-expired": showing(below()[0], intermediate(ends=NOW - DAY), root()),
        "chain-not-allowed": showing(below()[0], intermediate(ca=False), root()),
        "self-signed": showing(
            leaf(NAME, issuer=name(NAME, marks.UNIT), signer=key()), version=(16, 1)
        ),
        "sha1-signature": showing(signed_with_sha1(good())),
        "sha256-signature": showing(leaf(NAME, own=key(3072)), version=(22, 0)),
        "signature-unknown": showing(leaf(NAME, digest=digests.SHA224())),
        "key-too-short": showing(leaf(NAME, own=key(1024)), version=(9, 5)),
        "key-too-long": showing(leaf(NAME, own=key(4096)), version=(9, 5)),
        "key-not-rsa": showing(leaf(NAME, own=CURVE), version=(14, 1)),
        "key-may-not-sign": showing(leaf(NAME, signs=False)),
        "wildcard-name": showing(leaf("*.example.org"), version=(2, 6)),
        "name-not-comparable": showing(leaf("10.20.3.4")),
        "certificate-too-large": showing(leaf(NAME, more=[(MANY, False)])),
        "certificate-unusual": of(
            console={"certificates": (ours(leaf(NAME, more=[(UNKNOWN, True)])),)},
            reach=alert("unsupported_certificate"),
        ),
        "suffix-differs": of(device={"trusted_suffix": "lab.example.net"}),
        "suffix-differs-by-name": of(
            device={"trusted_suffix": None, "dhcp_suffix": None},
            names={"reverse": "pc-301.example.net"},
        ),
        "name-not-trusted": of(
            device={"trusted_suffix": None, "dhcp_suffix": None},
            names={"reverse": None},
            reach=alert("unsupported_certificate"),
        ),
        "no-suffix": of(device={"trusted_suffix": "", "dhcp_suffix": ""}),
        "server-name-differs": of(device={"server_name": "old.example.org"}),
        "made-up-domain": showing(leaf("srv-amt-01.local")),
        "device-clock": of(device={"clock_off": timedelta(days=-3000)}),
        "firmware-without-pki": replace(
            of(), device=replace(of().device, firmware=(2, 0), hello_version=None, hashes=None)
        ),
        "psk-not-spoken": of(device=PSK, console={"has_key_of_pid": True}),
        "psk-unknown": of(device=PSK, console={"has_key_of_pid": False}),
        "chain-refused": of(reach=alert("handshake_failure")),
        # What the last attempt told
        "key-not-ready": of(attempt=Attempt("key-not-ready", "certificate")),
        "clock-not-taken": of(attempt=Attempt("clock-not-taken", "clock")),
        "tls-not-taken": of(attempt=Attempt("tls-not-taken", "tls")),
        "flash-worn": of(attempt=Attempt("refused", "commit", 38)),
        "data-missing": of(attempt=Attempt("refused", "commit", 2057)),
        "blocking-component": of(attempt=Attempt("refused", "commit", 2076)),
        "password-weak": of(attempt=Attempt("refused", "password", 2054)),
        "not-permitted": of(attempt=Attempt("refused", "password", 16)),
        "device-busy": of(attempt=Attempt("device-busy", "let-in")),
        "not-back": of(attempt=Attempt("not-back", "back")),
        "not-committed": of(attempt=Attempt("not-committed", "back")),
        "password-not-taken": of(attempt=Attempt("password-not-taken", "back")),
    }
