"""The commands of zman for certificates: icmc, icc, irch, idmc."""

import sys
from argparse import Namespace
from getpass import getpass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management.base import CommandError, OutputWrapper
from django.db import transaction

from amt.certificates import files, firmware, hashes, names
from amt.certificates.errors import CertificateError
from amt.certificates.making import Mark, Strength, Subject
from amt.certificates.verdicts import Verdict
from amt.models import Certificate
from amt.services import certificate_import, certificates
from amt.services import hashes as zone_hashes

TYPES = {
    **{mark.value: mark for mark in Mark},
    "provisioning": Mark.BOTH,
    "management": Mark.BOTH,
}
STRENGTHS = [one.value for one in Strength]
TRUTH = {"true": True, "false": False}
WORDS = f"isCA is true or false; Type is one of {', '.join(TYPES)}"
MADE_UP = (
    "This server's name has no domain, so {name} was put into the certificate. Firmware compares "
    "the domain with its DNS suffix: name the server with --commonname or ZCC_SERVER_HOST_NAME."
)


def add_commands(commands: Any) -> None:
    """Declare what this module does."""
    create = commands.add_parser(
        "iamt-create-mgmtcert",
        aliases=["icmc"],
        help="create the management certificate, or import the one that was signed outside",
        description="Without -p the zone's internal certificate authority issues the management "
        "certificate of this server. With -p what an external authority signed is imported; the "
        "certificates of that authority go into the trust store.",
    )
    create.add_argument(
        *("-p", "--certpath"),
        action="extend",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="signed certificate: DER, also PEM, PKCS#7, PKCS#12; its authorities may follow",
    )
    create.add_argument("-n", "--commonname", default="", help="default: this server's name")
    create.add_argument("--no-ca", action="store_true", help="it may not issue for devices")
    create.add_argument("--strength", choices=STRENGTHS, help="standard: RSA 2048, SHA-256")
    create.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="of a PKCS#12 file; else it is asked"
    )
    create.set_defaults(run=create_certificate, usage_error=create.error)

    request = commands.add_parser(
        "iamt-create-csr",
        aliases=["icc"],
        help="create a certificate request for an external certificate authority",
        description=f"{WORDS}. Options and positionals may come in any order.",
    )
    request.add_argument("words", nargs="*", metavar="[isCA] [Type]", help=WORDS)
    request.add_argument("-c", "--country", required=True, help="two letters")
    request.add_argument("-s", "--state", required=True)
    request.add_argument("-o", "--organization", required=True)
    request.add_argument("-u", "--orgunit", default="")
    request.add_argument("-n", "--commonname", default="", help="default: this server's name")
    request.add_argument(
        "-d", "--destination-folder", required=True, type=Path, metavar="FOLDER", help="of the CSR"
    )
    request.add_argument("--strength", choices=STRENGTHS, default=STRENGTHS[0])
    request.set_defaults(run=create_request, usage_error=request.error)

    show = commands.add_parser(
        "iamt-root-certificate-hash",
        aliases=["irch"],
        help="print the hash of the root that has to be in each device",
        description="Prints MD5 and SHA1, then SHA-256 and SHA-384, each with colons and in the "
        "groups of four that MEBx takes, and which one which firmware wants.",
    )
    show.set_defaults(run=show_hashes)

    delete = commands.add_parser(
        "iamt-delete-mgmtcert",
        aliases=["idmc"],
        help="delete the management certificates of this server",
        description="Deletes the management certificates of this server with their private keys.",
    )
    delete.add_argument(
        "--although-provisioned", action="store_true", help="even while devices depend on them"
    )
    delete.set_defaults(run=delete_certificates)


def create_certificate(given: Namespace, out: OutputWrapper, error: OutputWrapper) -> None:
    """Issue, or import (S39, S52)."""
    if given.certpath:
        import_files(given, out, error)
        return
    if given.passphrase_file:
        given.usage_error("--passphrase-file is for a file to be imported (-p).")
    row = certificates.create_management(
        server=given.server,
        by=None,
        common_name=given.commonname,
        is_ca=not given.no_ca,
        strength=Strength(given.strength) if given.strength else None,
    )
    out.write(f"Created the management certificate of {row}, valid until {row.not_after:%Y-%m-%d}.")
    if not given.commonname and not names.is_host_name(given.server.host_name):
        error.write(MADE_UP.format(name=row))
    count = Certificate.objects.management().filter(server=given.server).count()
    if count > 1:
        out.write(f"This server has {count} management certificates now.")
    out.write("Its root must be in each device: zman iamt-root-certificate-hash prints the hash.")


def import_files(given: Namespace, out: OutputWrapper, error: OutputWrapper) -> None:
    """Import what an external authority signed."""
    contents = files.Contents()
    for path in given.certpath:
        try:
            contents.add(files.read(read_bounded(path), passphrase=passphrase(given, path)))
        except CertificateError as problem:
            raise CommandError(f"{path}: {problem}") from None
    contents.require()
    try:
        done = certificate_import.import_certificates(
            contents=contents, server=given.server, by=None
        )
    except certificate_import.CertificateRefused as refusal:
        show_verdicts(refusal.verdicts, error)
        raise CommandError(f"Not imported. {refusal}") from None
    show_verdicts(done.verdicts, out)
    if done.certificate:
        out.write(f"Imported the management certificate of {done.certificate}.")
    for row in done.authorities:
        out.write(f"Put into the trust store: {row}.")
    if not done.certificate and not done.authorities:
        out.write("Nothing is new: these authorities are in the trust store already.")


def read_bounded(path: Path) -> bytes:
    """Return the bytes of a file, one more than is allowed at most."""
    if path.exists() and not path.is_file():  # a pipe would wait, a device never end
        raise CommandError(f"{path} is no file.")
    with path.open("rb") as file:
        return file.read(files.LARGEST + 1)


def read_line(path: Path) -> str:
    """Return the one line of a file that holds a passphrase or password."""
    try:
        return read_bounded(path).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CommandError(f"{path} holds no text (UTF-8).") from None


def passphrase(given: Namespace, path: Path) -> str | None:
    """Return the passphrase of a PKCS#12 file; it is never an argument, which all could see."""
    if given.passphrase_file:
        return read_line(given.passphrase_file)
    if path.suffix.lower() in (".p12", ".pfx") and sys.stdin.isatty():
        return getpass(f"Passphrase of {path.name}: ")
    return None


def show_verdicts(verdicts: list[Verdict], out: OutputWrapper) -> None:
    """Print one line per rule, with the firmware that will refuse the certificate."""
    for verdict in verdicts:
        where = f" Refused by {verdict.refused_by}." if verdict.refused_by else ""
        out.write(f"{verdict.level.upper():8} {verdict.rule}: {verdict.text}{where}")


def create_request(given: Namespace, out: OutputWrapper, error: OutputWrapper) -> None:
    """Make a request and write it where it was asked for (S40-S48)."""
    is_ca, mark = read_words(given)
    folder = given.destination_folder
    if not folder.is_dir():
        raise CommandError(f"There is no folder {folder}.")
    name = given.commonname or certificates.default_name(given.server)
    for field in ("state", "organization"):
        if not getattr(given, field).strip():
            given.usage_error(f"--{field} is blank.")
    subject = Subject(name, given.organization, given.country, given.state, given.orgunit)
    path = folder / f"{name}.csr"
    with transaction.atomic():  # a request whose file cannot be written was never made
        row = certificates.create_request(
            server=given.server,
            subject=subject,
            is_ca=is_ca,
            mark=mark,
            by=None,
            strength=Strength(given.strength),
        )
        path.write_bytes(row.x509.public_bytes(Encoding.PEM))
    out.write(f"Wrote {path}. Its private key stays in the vault.")
    if not given.commonname and not names.is_host_name(given.server.host_name):
        error.write(MADE_UP.format(name=name))
    out.write("Have it signed, then: zman iamt-create-mgmtcert --certpath SIGNED-CERTIFICATE")


def read_words(given: Namespace) -> tuple[bool, Mark]:
    """Return isCA and Type, given in any order; end with the usage if they are none."""
    truths = [TRUTH[word.lower()] for word in given.words if word.lower() in TRUTH]
    types = [TYPES[word.lower()] for word in given.words if word.lower() in TYPES]
    others = [word for word in given.words if word.lower() not in {*TRUTH, *TYPES}]
    if others:
        given.usage_error(f"{others[0]!r} is neither isCA nor Type. {WORDS}.")
    if len(truths) > 1 or len(types) > 1:
        given.usage_error(f"isCA and Type are given once each. {WORDS}.")
    return (truths or [True])[0], (types or [Mark.BOTH])[0]


def show_hashes(given: Namespace, out: OutputWrapper, error: OutputWrapper) -> None:
    """Print the hashes of each root (S54-S56, D4)."""
    roots = zone_hashes.roots()
    if not roots:
        if Certificate.objects.management().exists():
            raise CommandError(
                "The root of the management certificate is not here. Import the certificates of "
                "its authority: zman iamt-create-mgmtcert --certpath CA-CERTIFICATE"
            )
        raise CommandError(
            "This zone has no management certificate yet. Create one: zman iamt-create-mgmtcert"
        )
    for name in zone_hashes.without_root():
        error.write(
            f"The root of {name} is not here, so its hash is not among these. Import the "
            "certificates of its authority: zman iamt-create-mgmtcert --certpath CA-CERTIFICATE"
        )
    for root in roots:
        out.write(f"Root certificate: {root.name}, valid until {root.ends:%Y-%m-%d}")
        for one in root.hashes.values():
            out.write(f"{one.label + ':':9}{one.colons}")
        out.write("\nIn groups of four, as MEBx takes it:")
        for one in root.hashes.values():
            out.write(f"{one.label + ':':9}{one.mebx}")
        out.write("\nWhich one (never MD5):")
        for generation in firmware.GENERATIONS:
            label = hashes.ALGORITHMS[generation.algorithm]
            out.write(f"{generation.name + ':':18}{label:8} {generation.way}")
        out.write("")


def delete_certificates(given: Namespace, out: OutputWrapper, error: OutputWrapper) -> None:
    """Delete those of this server (S103)."""
    rows = list(Certificate.objects.management().filter(server=given.server))
    if not rows:
        out.write("This server has no management certificate.")
        return
    count = certificates.delete_management(
        certificates=rows, by=None, although_used=given.although_provisioned
    )
    what = "1 management certificate" if count == 1 else f"{count} management certificates"
    out.write(f"Deleted {what} and the private keys. Restart the services now.")
