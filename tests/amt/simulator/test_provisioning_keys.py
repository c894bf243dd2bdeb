"""Keys, certificates and users that a server puts into a device, with the codes of firmware."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from amt.simulator import SetupFault

from . import provisioning as p
from .authority import key, server
from .client import Client, get, md5, reference, values
from .provisioning import PASSWORD, Session, device_certificate, key_blob, selected, trusting

KEY_CLASS, CERTIFICATE_CLASS = "AMT_PublicPrivateKeyPair", "AMT_PublicKeyCertificate"
GENERAL = get("AMT_GeneralSettings")


@pytest.fixture(scope="module")
def one():
    return server()


@pytest.fixture
def device(simulated, one):
    return simulated(**trusting(one.root))


@pytest.fixture
def connected(device, one):
    return Session(device.address, server=one)


def put_in_charge(connected, device):
    connected.provision()
    p.wait_until(lambda: not device.is_restarting)
    return Session(device.address, password=PASSWORD)


# Keys


@pytest.mark.parametrize(
    ("profile", "length", "code"),
    [
        ("9.5", 1024, 0),
        ("9.5", 1536, 0),
        ("9.5", 2048, 0),
        ("9.5", 3072, 2062),
        ("16.1", 2048, 0),
        ("16.1", 3072, 0),
        ("16.1", 1024, 2062),
        ("16.1", 2000, 2062),
    ],
)
def test_keys_have_the_lengths_of_the_firmware(simulated, one, profile, length, code):
    device = simulated(**trusting(one.root, profile))
    connected = Session(device.address, server=one)

    assert connected.call(p.KEYS, "GenerateKeyPair", KeyAlgorithm=0, KeyLength=length) == code
    shown = connected.all(KEY_CLASS, "DERKey")
    assert len(shown) == 1 + (code == 0)
    if code == 0:
        public = serialization.load_pem_public_key(p.public_pem(shown[-1]))
        assert public.key_size == length


def test_only_rsa_keys_are_generated(connected):
    assert connected.call(p.KEYS, "GenerateKeyPair", KeyAlgorithm=1, KeyLength=2048) == 36


def test_four_keys_fill_the_store_and_are_unlike(connected):
    made = [connected.generate_key() for _ in range(4)]

    assert made == [f"Intel(r) AMT Key: Handle: {number}" for number in (1, 2, 3, 4)]
    assert connected.call(p.KEYS, "GenerateKeyPair", KeyAlgorithm=0, KeyLength=2048) == 23
    assert len(set(connected.all(KEY_CLASS, "DERKey"))) == 5
    assert connected.delete(KEY_CLASS, made[1]).status == 200
    assert connected.generate_key() == made[1]


def test_a_key_may_take_its_time(simulated, one):
    device = simulated(**trusting(one.root, key_ms=300))
    connected = Session(device.address, server=one)

    assert connected.call(p.KEYS, "GenerateKeyPair", KeyAlgorithm=0, KeyLength=2048) == 2061
    p.wait_until(
        lambda: connected.call(p.KEYS, "GenerateKeyPair", KeyAlgorithm=0, KeyLength=2048) == 0
    )
    assert len(connected.all(KEY_CLASS, "InstanceID")) == 2


def test_a_key_may_be_brought_along_and_tls_is_served_with_it(device, connected):
    own = key(2048, 8)
    added = connected.invoke(p.KEYS, "AddKey", KeyBlob=key_blob(own))
    assert added.one("ReturnValue") == "0"
    assert connected.call(p.KEYS, "AddKey", KeyBlob=key_blob(own)) == 2058
    assert connected.call(p.KEYS, "AddKey", KeyBlob="AAAA") == 2062
    made = device_certificate(own.public_key())
    certificate = connected.add_certificate(made)
    assert connected.bind(selected(certificate)).status == 200
    assert connected.turn_tls_on().status == 200
    assert connected.commit() == 0

    p.wait_until(lambda: not device.is_restarting)
    assert p.shown_certificate(device.address) == made


def test_keys_are_deleted_after_their_certificates(device, connected):
    instance = connected.generate_key()
    certificate = selected(connected.add_certificate(connected.certify(instance)))

    assert connected.delete(KEY_CLASS, instance).status == 400
    assert connected.delete(CERTIFICATE_CLASS, certificate).status == 200
    assert connected.delete(KEY_CLASS, instance).status == 200
    assert connected.delete(KEY_CLASS, instance).status == 400
    assert device.credentials.keys == {}


# Certificates


def test_certificates_are_read_back(connected):
    made = device_certificate(key(2048, 8).public_key())
    added = connected.add_certificate(made)

    assert selected(added) == "Intel(r) AMT Certificate: Handle: 1"
    shown = connected.pull_all(CERTIFICATE_CLASS)
    assert base64.b64decode(values(shown, "X509Certificate")[-1]) == made
    assert values(shown, "Subject")[-1] == "CN=pc.example.org"
    assert values(shown, "Issuer")[-1] == "CN=Zone"
    assert values(shown, "TrustedRootCertficate") == ["false", "false"]


def test_what_is_no_certificate_is_not_taken(connected):
    assert connected.add_certificate(b"x").one("ReturnValue") == "2063"
    assert connected.call(p.KEYS, "AddCertificate", CertificateBlob="%%") == 2063


def test_a_certificate_is_taken_once(connected, one):
    assert connected.add_certificate(one.root).one("ReturnValue") == "0"
    again = connected.add_certificate(one.root, "AddTrustedRootCertificate")
    assert again.one("ReturnValue") == "2058"


def test_eight_certificates_fill_the_store(connected):
    public = key(2048, 8).public_key()
    codes = [
        connected.add_certificate(device_certificate(public, f"pc-{number}")).one("ReturnValue")
        for number in range(9)
    ]

    assert codes == ["0"] * 8 + ["23"]


def test_roots_are_marked(connected, one):
    connected.add_certificate(one.root, "AddTrustedRootCertificate")

    assert connected.all(CERTIFICATE_CLASS, "TrustedRootCertficate")[-1] == "true"


def test_only_a_certificate_with_its_key_is_bound(connected, one):
    root = selected(connected.add_certificate(one.root))

    assert connected.bind(root).status == 400
    assert connected.bind("Intel(r) AMT Certificate: Handle: 7").status == 400
    assert connected.all("AMT_TLSCredentialContext", "ElementInContext") == []


def test_there_is_one_binding_and_it_can_be_changed(device, connected):
    first = selected(connected.add_certificate(connected.certify(connected.generate_key())))
    second = selected(connected.add_certificate(connected.certify(connected.generate_key())))
    assert connected.bind(first).status == 200
    again = connected.bind(second)
    assert (again.status, again.subcode) == (400, "AlreadyExists")

    changed = connected.put(
        "AMT_TLSCredentialContext",
        ElementInContext=reference(CERTIFICATE_CLASS, "InstanceID", second),
        ElementProvidingContext=reference(
            "AMT_TLSProtocolEndpointCollection",
            "ElementName",
            "TLSProtocolEndpoint Instances Collection",
        ),
    )

    assert changed.status == 200
    assert device.credentials.bound == 2
    assert connected.delete(CERTIFICATE_CLASS, second).status == 400
    assert connected.delete(CERTIFICATE_CLASS, first).status == 200


def test_what_tls_shows_is_not_deleted(device, connected):
    administrator = put_in_charge(connected, device)

    refused = administrator.delete(CERTIFICATE_CLASS, "Intel(r) AMT Certificate: Handle: 1")
    assert (refused.status, refused.subcode) == (400, "AccessDenied")
    assert administrator.delete(KEY_CLASS, "Intel(r) AMT Key: Handle: 1").status == 400


def test_a_certificate_is_changed_later_on(device, connected):
    administrator = put_in_charge(connected, device)
    made = administrator.certify(administrator.generate_key())
    handle = selected(administrator.add_certificate(made))
    there = reference(CERTIFICATE_CLASS, "InstanceID", handle)
    assert administrator.put("AMT_TLSCredentialContext", ElementInContext=there).status == 200
    assert p.shown_certificate(device.address) != made

    assert administrator.commit() == 0

    p.wait_until(lambda: not device.is_restarting)
    assert p.shown_certificate(device.address) == made


def test_a_request_is_signed_with_the_devices_key(connected):
    handle = connected.generate_key()
    (shown,) = connected.all(KEY_CLASS, "DERKey")[1:]
    public = serialization.load_pem_public_key(p.public_pem(shown))
    assert isinstance(public, rsa.RSAPublicKey)
    null_signed = request_of(public)

    sent = {
        "KeyPair": reference(KEY_CLASS, "InstanceID", handle),
        "SigningAlgorithm": 1,
        "NullSignedCertificateRequest": base64.b64encode(null_signed).decode(),
    }
    signed = connected.invoke(p.KEYS, "GeneratePKCS10RequestEx", **sent)

    assert signed.one("ReturnValue") == "0"
    found = x509.load_der_x509_csr(base64.b64decode(signed.one("SignedCertificateRequest")))
    assert found.is_signature_valid
    assert found.public_key() == public
    other = base64.b64encode(request_of(key(2048, 8).public_key())).decode()
    sent["NullSignedCertificateRequest"] = other
    assert connected.call(p.KEYS, "GeneratePKCS10RequestEx", **sent) == 2064
    sent["KeyPair"] = reference(KEY_CLASS, "InstanceID", "Intel(r) AMT Key: Handle: 9")
    assert connected.call(p.KEYS, "GeneratePKCS10RequestEx", **sent) == 2060


def request_of(public):
    """Return a request (DER) with this key in it, signed by another."""
    own = key(2048, 6)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pc")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(own, hashes.SHA256())
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    mine, wanted = (
        one.public_bytes(serialization.Encoding.DER, form) for one in (own.public_key(), public)
    )
    return made.public_bytes(serialization.Encoding.DER).replace(mine, wanted)


# Users


def user(name="operator", realms=(5,), password="Us3r-P@ss", realm="", **more):
    secret = base64.b64encode(bytes.fromhex(md5(f"{name}:{realm}:{password}"))).decode()
    return {
        "DigestUsername": name,
        "DigestPassword": secret,
        "AccessPermission": 2,
        "Realms": list(realms),
        **more,
    }


def test_users_sign_in_and_may_do_what_their_realms_say(device, connected):
    administrator = put_in_charge(connected, device)
    added = administrator.invoke(p.USERS, "AddUserAclEntryEx", **user(realm=device.realm))
    assert (added.one("ReturnValue"), added.one("Handle")) == ("0", "1")

    operator = Session(device.address, username="operator", password="Us3r-P@ss")
    assert operator.get("AMT_GeneralSettings").status == 200
    assert operator.order(10) == 0
    assert operator.put("AMT_GeneralSettings", HostName="mine").subcode == "AccessDenied"
    refused = operator.invoke(p.SETUP, "Unprovision", ProvisioningMode=1)
    assert refused.subcode == "AccessDenied"
    assert device.audit_log.records[-1][6:14] == b"operator"


def test_users_are_listed_changed_switched_off_and_removed(device, connected):
    administrator = put_in_charge(connected, device)
    for name in ("ann", "bob"):
        sent = user(name, realm=device.realm)
        assert administrator.call(p.USERS, "AddUserAclEntryEx", **sent) == 0
    listed = administrator.invoke(p.USERS, "EnumerateUserAclEntries", StartIndex=1)
    assert (listed.one("TotalCount"), values(listed.text, "Handles")) == ("2", ["1", "2"])
    shown = administrator.invoke(p.USERS, "GetUserAclEntryEx", Handle=2)
    assert (shown.one("DigestUsername"), shown.one("Realms")) == ("bob", "5")

    changed = user("bob", realms=(3,), password="0ther-P@ss", realm=device.realm)
    assert administrator.call(p.USERS, "UpdateUserAclEntryEx", Handle=2, **changed) == 0
    bob = Client(device.address, username="bob", password="0ther-P@ss")
    assert bob.post(GENERAL).status == 200
    assert administrator.call(p.USERS, "SetAclEnabledState", Handle=2, Enabled="false") == 0
    assert Client(device.address, username="bob", password="0ther-P@ss").post(GENERAL).status == 401
    assert administrator.call(p.USERS, "RemoveUserAclEntry", Handle=2) == 0
    assert administrator.call(p.USERS, "RemoveUserAclEntry", Handle=2) == 2053
    assert list(device.acl) == [1]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (user(""), 12),
        (user("x" * 17), 12),
        (user("admin"), 2058),
        (user(realms=(23,)), 2055),
        (user(realms=(99,)), 2055),
        (user(DigestPassword="short"), 2054),
        (user(AccessPermission=7), 36),
    ],
)
def test_users_that_firmware_does_not_take(connected, sent, code):
    assert connected.call(p.USERS, "AddUserAclEntryEx", **sent) == code


def test_a_user_is_added_once_and_fifteen_fill_the_list(connected):
    for number in range(15):
        assert connected.call(p.USERS, "AddUserAclEntryEx", **user(f"user-{number}")) == 0
    assert connected.call(p.USERS, "AddUserAclEntryEx", **user("one-more")) == 23
    connected.call(p.USERS, "RemoveUserAclEntry", Handle=1)
    assert connected.call(p.USERS, "AddUserAclEntryEx", **user("user-3")) == 2058


def test_realms_may_be_wrapped_as_the_go_library_does(device, connected):
    inside = "<r:RealmValue>2</r:RealmValue><r:RealmValue>5</r:RealmValue>"
    sent = {**user(), "Realms": inside}

    assert connected.call(p.USERS, "AddUserAclEntryEx", **sent) == 0
    assert device.acl[1].realms == (2, 5)


# Faults of single calls


@pytest.mark.parametrize("code", [1, 23, 2058, 2063])
def test_a_call_returns_what_a_fault_says(device, connected, one, code):
    device.set_setup_faults(SetupFault.of("AddCertificate", returns=code))

    assert connected.add_certificate(one.root).one("ReturnValue") == str(code)
    assert device.credentials.certificates == {}
