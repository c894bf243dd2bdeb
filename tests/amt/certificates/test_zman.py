"""zman as administrators type it: another process, an empty folder, real files, exit codes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.amt.certificates.openssl import Authority, openssl
from tests.ops.console import ROOT

LONG = (
    *("iamt-create-csr", "--country", "DE", "--state", "Berlin", "--organization", "Example"),
    *("--orgunit", "IT", "--commonname", "amt.example.org", "--destination-folder", "."),
)
COUNTRY = ("-c", "DE", "-s", "Berlin", "-o", "Example")


def outside():
    """Return the environment without what the tests themselves are told."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("ZCC_", "DJANGO_"))}


@pytest.fixture(scope="session")
def installation(tmp_path_factory):
    """Return the folder of a new installation, to be copied: making its tables takes seconds."""
    place = tmp_path_factory.mktemp("zman") / "zone"
    env = {**outside(), "ZCC_DATA_DIR": str(place)}
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v", "0"]
    subprocess.run(command, env=env, check=True, timeout=120)
    return place


@pytest.fixture
def zman(tmp_path, installation):
    """Return a function that runs zman on an installation of its own."""
    place = tmp_path / "zone"
    shutil.copytree(installation, place)

    def run(*words, status=0, **more):
        env = {**outside(), "ZCC_DATA_DIR": str(place), "ZCC_SERVER_HOST_NAME": "amt.example.org"}
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "zman", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=120,
            env={**env, **more},
            cwd=tmp_path,
        )
        assert done.returncode == status, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    run.place = place
    return run


def manage(zman, code):
    """Run ``code`` in the console's shell of the same installation."""
    env = {**outside(), "ZCC_DATA_DIR": str(zman.place)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c", code],
        capture_output=True,
        text=True,
        env=env,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


def test_internal_authority_from_an_empty_folder_to_the_hash(zman, tmp_path):
    shutil.rmtree(zman.place)
    assert "This zone has no management certificate yet" in zman("irch", status=1)
    assert "amt.example.org" in zman("iamt-create-mgmtcert")
    said = zman("iamt-root-certificate-hash")
    code = (
        "from amt.models import Certificate; import pathlib;"
        f"pathlib.Path({str(tmp_path / 'root.der')!r}).write_bytes("
        "bytes(Certificate.objects.authorities().get().der))"
    )
    manage(zman, code)
    lines = said.splitlines()
    assert lines[1].startswith("MD5: ")
    assert lines[2].startswith("SHA1: ")
    for name in ("md5", "sha1", "sha256", "sha384"):
        words = ("x509", "-inform", "der", "-in", tmp_path / "root.der", "-noout")
        printed = openssl(*words, "-fingerprint", f"-{name}").strip().split("=")[1]
        assert printed in said
        assert "-".join(re.findall("....", printed.replace(":", ""))) in said
    assert "Deleted 1 management certificate" in zman("iamt-delete-mgmtcert")
    assert "no management certificate" in zman("idmc")


@pytest.mark.parametrize(
    "words",
    [
        ("icc", "true", "both", *COUNTRY, "-d", "."),
        LONG,
        ("icc", *COUNTRY, "false", "-d", ".", "oid", "-u", "IT"),
        ("icc", "provisioning", *COUNTRY, "-d", ".", "TRUE"),
        ("icc", *COUNTRY, "-d", ".", "management"),
        ("icc", "ou", "-n", "amt.example.org", *COUNTRY, "-d", "."),
    ],
)
def test_requests_in_any_order_of_words(zman, tmp_path, words):
    zman(*words)
    text = openssl("req", "-in", tmp_path / "amt.example.org.csr", "-noout", "-verify", "-text")

    assert "verify OK" in text
    assert ("CA:TRUE" in text) is ("false" not in words)
    assert ("2.16.840.1.113741.1.2.3" in text) is ("ou" not in words)
    assert ("Intel(R) Client Setup Certificate" in text) is ("oid" not in words)


def test_hash_of_a_missing_root_is_not_passed_over(zman, tmp_path):
    zman("icmc")
    authority = Authority(tmp_path / "ca")
    zman("icc", "true", *COUNTRY, "-d", ".")
    zman("icmc", "-p", authority.sign(tmp_path / "amt.example.org.csr"))

    assert "The root of amt.example.org is not here" in zman("irch")


def test_certificate_and_key_may_lie_in_two_files(zman, tmp_path):
    authority = Authority(tmp_path / "ca")
    subject = "/OU=Intel(R) Client Setup Certificate/CN=amt.example.org"
    openssl(
        *("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k.key"),
        *("-subj", subject, "-out", tmp_path / "own.csr"),
    )
    signed = authority.sign(tmp_path / "own.csr")
    assert "no certificate" in zman("icmc", "-p", tmp_path / "k.key", status=1)
    assert "Imported" in zman("icmc", "-p", signed, tmp_path / "k.key", authority.root)


def test_passphrase_file_that_is_no_text(zman, tmp_path):
    (tmp_path / "p").write_bytes(b"\xff\xfe")
    (tmp_path / "c").write_bytes(b"x")
    assert "holds no text" in zman("icmc", "-p", "c", "--passphrase-file", "p", status=1)


def test_place_that_cannot_be_had_is_named(zman, tmp_path):
    (tmp_path / "file").touch()
    said = zman("irch", status=1, ZCC_DATA_DIR=str(tmp_path / "file"))
    assert said.strip() == f"CommandError: ZCC_DATA_DIR {tmp_path / 'file'}: File exists."


def test_request_whose_file_cannot_be_written_was_never_made(zman, tmp_path):
    (tmp_path / "amt.example.org.csr").mkdir()
    assert "Is a directory" in zman("icc", "true", *COUNTRY, "-d", ".", status=1)
    code = "from amt.models import CertificateRequest; print(CertificateRequest.objects.count())"
    assert manage(zman, code) == "0"


def test_external_authority_signs_and_the_import_succeeds(zman, tmp_path):
    authority = Authority(tmp_path / "ca")
    zman("icc", "true", *COUNTRY, "-d", ".")
    signed = authority.sign(tmp_path / "amt.example.org.csr")
    said = zman("icmc", "-p", signed)
    assert "WARNING  chain" in said
    assert "Import the certificates of its authority" in zman("irch", status=1)
    zman("iamt-create-mgmtcert", "--certpath", authority.root)
    printed = openssl("x509", "-in", authority.root, "-noout", "-fingerprint", "-sha1")
    assert printed.strip().split("=")[1] in zman("irch")


def test_refused_certificate_ends_with_its_verdicts(zman, tmp_path):
    authority = Authority(tmp_path / "ca")
    zman("icc", "true", "oid", *COUNTRY, "-d", ".")
    signed = authority.sign(tmp_path / "amt.example.org.csr", extensions=None)
    said = zman("icmc", "-p", signed, authority.root, status=1)

    assert "REFUSED  mark: It bears no AMT mark" in said
    assert "Not imported." in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("nonsense",), "invalid choice: 'nonsense'"),
        (("icc", "perhaps", *COUNTRY, "-d", "."), "oid, ou, both, provisioning, management"),
        (("icc", "true", "false", *COUNTRY, "-d", "."), "once each"),
        (("icc", *COUNTRY), "-d/--destination-folder"),
        (("icc", "-c", "DE", "-s", "Berlin", "-d", "."), "-o/--organization"),
        (("icmc", "--strength", "huge"), "invalid choice: 'huge'"),
        (("icuf",), "FILE"),
        (("icuf", "x", "-ztc"), "expected one argument"),
        (("iczc", "--start", "--next"), "not allowed with argument"),
        (("icuf", "x", "--credential", "ME", "-ztc", "2"), "invalid choice: '2'"),
        (("icc", "-c", "DE", "-s", " ", "-o", "E", "-d", "."), "--state is blank"),
        (("icmc", "--passphrase-file", "x"), "for a file to be imported"),
    ],
)
def test_wrong_use_gives_the_usage_and_2(zman, words, said):
    printed = zman(*words, status=2)

    assert printed.startswith("usage: zman")
    assert said in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("icc", *COUNTRY, "-d", "nowhere"), "There is no folder nowhere."),
        (("icc", "-c", "DEU", "-s", "B", "-o", "E", "-d", "."), "country is two letters"),
        (("icmc", "-n", "127.0.0.1"), "is an address"),
        (("icmc", "-p", "nowhere.der"), "nowhere.der: No such file or directory."),
        (("icuf", "setup.bin"), "Name the credential"),
        (("icuf", "setup.bin", "--credential", "none"), "The vault has no credential none."),
        (("iczc", "--next"), "No change of the zone certificate is under way."),
        (("iczc", "--give-up"), "No change of the zone certificate is under way."),
        (("icmc", "-p", "/dev/zero"), "/dev/zero is no file."),
        (("icc", *COUNTRY, "-d", ".", "-n", "../x.example.org"), "is no host name"),
    ],
)
def test_what_cannot_be_done_says_why_and_ends_with_1(zman, words, said):
    zman("icmc")
    assert said in zman(*words, status=1)


@pytest.mark.parametrize("name", ["icmc", "icc", "irch", "idmc", "icuf", "ivuf", "iczc"])
def test_help_of_each_command(zman, name):
    assert zman(name, "--help").startswith("usage: zman ")


def test_setup_bin_with_the_password_of_the_vault(zman, tmp_path):
    zman("icmc")
    manage(
        zman,
        "from vault import services;"
        "services.create_credential(name='ME', password='Zebra-77-Crossing', by=None)",
    )
    said = zman("iamt-create-usbfile", "setup.bin", "--credential", "ME", "-ztc", "1")

    assert "Whoever has the stick can read the passwords" in said
    assert "Zebra-77-Crossing" not in said
    from amt.protocol import setup_bin

    (record,) = setup_bin.read((tmp_path / "setup.bin").read_bytes()).records
    values = {entry.key: entry.value for entry in record.entries}
    assert values[1, 2] == b"Zebra-77-Crossing"
    assert (values[2, 3], values[2, 4]) == (b"example.org", b"amt.example.org")
    assert values[2, 8][0] == 2
    assert (tmp_path / "setup.bin").stat().st_mode & 0o077 == 0
    shown = zman("ivuf", "setup.bin")
    assert "2/4 Configuration server FQDN: amt.example.org" in shown
    assert "1/2 New MEBx password: kept secret" in shown
    assert "setup.bin has at least 512 bytes" in zman("ivuf", "/dev/null", status=1)


def test_what_zman_does_is_in_the_audit_under_its_name(zman):
    zman("icmc")
    code = (
        "import json; from devices.models import AuditEntry;"
        "print(json.dumps(list(AuditEntry.objects.values_list('verb', 'user_name'))))"
    )
    found = dict(json.loads(manage(zman, code)))

    assert re.fullmatch(r"zman \(\w+\)", found["certificate.create"])


def test_no_private_key_is_readable_on_disk(zman, tmp_path):
    zman("icmc")
    zman("icc", "true", *COUNTRY, "-d", ".")
    marks = (b"PRIVATE KEY", bytes.fromhex("2a864886f70d0101010500048204"))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [mark for mark in marks if mark in data], path


def test_script_in_the_environment_runs_from_any_folder(tmp_path):
    script = Path(sys.executable).parent / "zman"
    if not script.exists():
        subprocess.run([ROOT / "run", "zman", "--help"], capture_output=True, check=True)
    done = subprocess.run(
        [script, "--help"], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert "iamt-create-mgmtcert (icmc)" in done.stdout
