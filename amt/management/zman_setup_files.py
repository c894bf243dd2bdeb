"""The command of zman that writes setup.bin; its options are those of Intel's USBFile."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from amt.management.zman_certificates import read_bounded, read_line
from amt.models import AmtSettings
from amt.services import setup_file_options, setup_files
from vault.models import Credential

FLAGS = {
    "dns": ("DOMAIN", "PKI DNS suffix; default: the domain of this server"),
    "fqdn": ("NAME", "provisioning server; default: this server's name"),
    "ztc": ("0|1", "remote configuration; default: 1"),
    "hostname": ("NAME", "host name of the device"),
    "domname": ("DOMAIN", "domain of the device"),
    "dhcp": ("0|1", "DHCP"),
    "psadd": ("ADDRESS", "address of the provisioning server"),
    "pspo": ("PORT", "port of the provisioning server (9971)"),
    "pm": ("1|2", "provisioning mode: 1 Enterprise, 2 Small Business"),
    "manual": ("0|1", "1: set up by hand, without a server"),
    "ipv4": ("ADDRESSES", "static: address,mask,gateway[,dns[,dns]]"),
    "vlan": ("TAG", "VLAN"),
    "redir": ("0-7", "SOL 1, IDER 2, with password 4, added up"),
    "kvm": ("0|1", "remote desktop"),
    "userOptIn": ("0|1|255", "user consent: none, KVM, all"),
    "remoteOptIn": ("0|1", "consent may be changed remotely"),
    "fqdnMode": ("0|1", "host name shared with the OS"),
    "ddns": ("0|1", "dynamic DNS update"),
    "meHalt": ("0|1", "provisioning halted or started"),
    "sfwu": ("0|1", "secure firmware update"),
    "fwu": ("0|1|2", "firmware local update"),
    "fwuq": ("0|1|2", "firmware update qualifier"),
    "passPolicyFlag": ("0|1|2", "password policy"),
    "ito": ("MINUTES", "idle time-out"),
    "pp": ("GUID", "power package"),
    "pid": ("PID", "provisioning key id"),
}


def add_commands(commands: Any) -> None:
    """Declare iamt-create-usbfile."""
    create = commands.add_parser(
        "iamt-create-usbfile",
        aliases=["icuf"],
        help="write setup.bin for a USB stick",
        description="Writes setup.bin. Its options are those of Intel's USBFile; what is left out "
        "is this zone's own. Passwords come out of the vault, never from the command line.",
    )
    create.add_argument("out", type=Path, metavar="FILE", help="setup.bin")
    create.add_argument(
        "--credential", default="", metavar="NAME", help="of the vault: the new MEBx password"
    )
    create.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="NAME",
        help="a record for this device with its own password; may be repeated",
    )
    create.add_argument(
        "--current-password-file",
        type=Path,
        metavar="FILE",
        help="the MEBx password that the devices have now; default: the factory's, admin",
    )
    create.add_argument(
        "-v", "--file-version", choices=list(setup_files.VERSIONS), default="4", help="default: 4"
    )
    create.add_argument(
        *("-hash", "--hash"),
        nargs=2,
        action="append",
        default=[],
        metavar=("CERTIFICATE", "NAME"),
        help="root to be trusted; default: the root of this zone",
    )
    create.add_argument("--algorithm", choices=["sha1", "sha256", "sha384"], help="of the hash")
    create.add_argument("-dhash", "--dhash", action="store_true", help="switch factory hashes off")
    for name, (metavar, text) in FLAGS.items():
        choices = metavar.split("|") if "|" in metavar else None
        create.add_argument(*(f"-{name}", f"--{name}"), metavar=metavar, choices=choices, help=text)
    create.add_argument("-amt", "--amt", action="store_true", help="manageability: Intel AMT")
    create.set_defaults(run=write)

    view = commands.add_parser(
        "iamt-view-usbfile",
        aliases=["ivuf"],
        help="print what a setup.bin holds",
        description="Prints what a setup.bin holds, whoever wrote it; passwords are not shown.",
    )
    view.add_argument("file", type=Path, metavar="FILE")
    view.set_defaults(run=show)


def write(given: Namespace, out: OutputWrapper, error: OutputWrapper) -> None:
    """Write the file, and say what is on it."""
    order = setup_file_options.order(
        server=given.server,
        version=setup_files.VERSIONS[given.file_version],
        options={name: getattr(given, name) for name in FLAGS},
        hashes=[(read_bounded(Path(path)), name) for path, name in given.hash],
        algorithm=given.algorithm,
        has_amt=given.amt,
        without_factory_hashes=given.dhash,
        current_password=current_password(given),
    )
    if given.device:
        rows = setup_files.rows_of(AmtSettings.objects.all(), given.device)
        written = setup_files.write_for_devices(order=order, rows=rows, by=None)
    else:
        written = setup_files.write_for_any(order=order, credential=credential(given), by=None)
    given.out.touch(mode=0o600)
    given.out.chmod(0o600)  # also where it was there before
    given.out.write_bytes(written.data)
    out.write(f"Wrote {given.out} ({len(written.data):,} bytes).")
    for number, name in enumerate(written.devices, start=1):
        out.write(f"Record {number}: {name}. Boot the devices in this order.")
    error.write(setup_files.CLEAR)


def show(given: Namespace, out: OutputWrapper, error: OutputWrapper) -> None:
    """Print a file field by field."""
    with given.file.open("rb") as file:
        data = file.read(setup_files.LARGEST + 1)
    for line in setup_files.told_lines(data):
        out.write(line)


def current_password(given: Namespace) -> str:
    """Return the password that the devices have now."""
    if given.current_password_file:
        return read_line(given.current_password_file)
    return setup_files.FACTORY_PASSWORD


def credential(given: Namespace) -> Credential:
    """Return the credential whose password the devices get."""
    if not given.credential:
        raise CommandError("Name the credential that holds the new password: --credential NAME")
    found = Credential.objects.filter(name__iexact=given.credential).first()
    if found is None:
        raise CommandError(f"The vault has no credential {given.credential}.")
    return found
