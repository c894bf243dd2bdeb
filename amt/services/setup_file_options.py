"""What USBFile's options mean in setup.bin (8.4); what is left out is this zone's own."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.serialization import Encoding
from django.views.decorators.debug import sensitive_variables

from amt.certificates import files, names
from amt.certificates import hashes as digests
from amt.certificates.errors import CertificateError
from amt.certificates.firmware import Generation
from amt.models import Certificate
from amt.protocol import setup_variables
from amt.protocol.setup_bin import Entry, SetupFileError
from amt.protocol.setup_variables import BY_OPTION
from amt.services import certificates
from amt.services.hashes import roots
from amt.services.setup_files import FACTORY_PASSWORD, Order
from devices.models import Server

BY_NUMBER = {"dhcp": {"0": 1, "1": 2}}  # USBFile's number, firmware's number
FOR_ADDRESSES = {"psadd": setup_variables.address_bytes, "ipv4": setup_variables.static_ipv4}


@sensitive_variables("current_password")
def order(
    *,
    server: Server,
    version: tuple[int, int],
    options: Mapping[str, str | None],
    hashes: list[tuple[bytes, str]] | None = None,
    algorithm: str | None = None,
    has_amt: bool = False,
    without_factory_hashes: bool = False,
    current_password: str = FACTORY_PASSWORD,
) -> Order:
    """Return what is to be on the stick.

    ``hashes`` are certificate files with the name each gets; empty: the roots of this zone. A
    device that is set up by hand, or has a PID, needs no certificate.

    Raises:
        CertificateError: an option does not take its value, or a certificate cannot be read.
    """
    is_remote = options.get("manual") != "1" and options.get("pm") != "2"
    given = {name: value for name, value in options.items() if value is not None}
    if is_remote and "pid" not in given and version >= setup_variables.V2:
        given = {**_of_zone(server), **given}
    try:
        entries = [_entry(name, value) for name, value in given.items()]
        if has_amt:
            entries.append(setup_variables.entry(setup_variables.MANAGEABILITY, 1))
        if without_factory_hashes:
            entries.append(setup_variables.entry(setup_variables.FACTORY_HASHES, 0))
        if hashes or (is_remote and "pid" not in given and version >= setup_variables.V2):
            entries += _hashes(hashes or _roots(), algorithm or default_algorithm(version))
    except SetupFileError as error:
        raise CertificateError("setup-file", str(error)) from None
    return Order(version, current_password, tuple(entries))


def default_algorithm(version: tuple[int, int]) -> str:
    """Return the hash that firmware of this version of the file takes."""
    return "sha1" if version < setup_variables.V3 else "sha256"


def by_hand(version: tuple[int, int]) -> dict[str, str | None]:
    """Return the options that set a device up without a server (SMB)."""
    if version >= setup_variables.V4:
        return {"manual": "1", "dhcp": "1"}
    if version >= setup_variables.V2_1:
        return {"pm": "2", "dhcp": "1"}
    raise CertificateError(
        "setup-file", "AMT before 4.0 is set up for Small Business Mode in MEBx only."
    )


def version_for(generation: Generation) -> tuple[int, int]:
    """Return the version of setup.bin that a generation of firmware reads."""
    first = generation.span.first[0]
    return (2, 0) if first < 6 else (3, 0) if first < 11 else (4, 0)


def _of_zone(server: Server) -> dict[str, str]:
    own = Certificate.objects.management().filter(server=server).first()
    name = own.name if own else certificates.default_name(server)
    return {"dns": names.suffix(name), "fqdn": name, "ztc": "1"}


def _entry(name: str, value: str) -> Entry:
    variable = BY_OPTION[name]
    if name in FOR_ADDRESSES:
        return setup_variables.entry(variable.key, FOR_ADDRESSES[name](value))
    return setup_variables.entry(variable.key, BY_NUMBER.get(name, {}).get(value, value))


def _hashes(found: list[tuple[bytes, str]], algorithm: str) -> list[Entry]:
    entries = [setup_variables.entry(setup_variables.OWN_HASHES, 1)]
    for data, name in found:
        certificate = files.read(data).require().certificates[-1]
        der = certificate.public_bytes(Encoding.DER)
        digest = bytes.fromhex(digests.of(der)[algorithm].digits)
        entries.append(setup_variables.hash_entry(algorithm, digest, name))
    return entries


def _roots() -> list[tuple[bytes, str]]:
    """Return the roots of this zone, under names that MEBx has room for."""
    found = [(root.der, root.name[: setup_variables.NAME_BYTES]) for root in roots()]
    if not found:
        raise CertificateError(
            "no-root", "This zone has no root yet. Create a management certificate first."
        )
    return found[: setup_variables.MOST_HASHES]
