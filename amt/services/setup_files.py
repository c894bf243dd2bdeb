"""Write setup.bin for a USB stick: one record for any PC, or one for each device (S70-S73)."""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from amt import logins
from amt.certificates.errors import CertificateError
from amt.models import AmtSettings
from amt.protocol import setup_bin, setup_variables
from amt.protocol.errors import AmtError
from amt.protocol.setup_bin import Entry, Record, SetupFile, SetupFileError
from amt.services.certificates import allow
from devices import audit
from devices.models import User
from vault.models import Credential

FACTORY_PASSWORD = "admin"  # noqa: S105 - what every new PC has
LARGEST = (1 + setup_bin.MOST_RECORDS) * setup_bin.CHUNK  # bytes
VERSIONS = {"1": (1, 0), "2": (2, 0), "2.1": (2, 1), "3": (3, 0), "4": (4, 0)}
CLEAR = (
    "Whoever has the stick can read the passwords on it: the file scrambles them, it does not "
    "encrypt them. Keep it locked away and erase it after use."
)


@dataclass(frozen=True)
class Order:
    """What is to be on the stick beside the passwords."""

    version: tuple[int, int] = (4, 0)
    current_password: str = field(default=FACTORY_PASSWORD, repr=False)
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Written:
    """The file, and which device each of its records is for (none: any)."""

    data: bytes = field(repr=False)
    devices: list[str]


@sensitive_variables()
@transaction.atomic
def write_for_any(*, order: Order, credential: Credential, by: User | None) -> Written:
    """Write one record that every PC takes, with the active password of ``credential``.

    Raises:
        CertificateError: the password does not open, or a value does not fit.
    """
    allow(by)
    found = logins.of_credentials([credential]).get(credential.pk)
    record = _record(order, 1, _password(found, credential.name))
    file = SetupFile((record,), version=order.version)
    new = {**_told(order), "credential": credential.name}
    audit.record(by, "setup_file.write", credential, new=new)
    return Written(_bytes(file), [])


@sensitive_variables()
@transaction.atomic
def write_for_devices(*, order: Order, rows: list[AmtSettings], by: User | None) -> Written:
    """Write a record for each device with its own password; each PC uses one up, in this order.

    Raises:
        CertificateError: a password does not open, or a value does not fit.
    """
    allow(by)
    found = logins.of_rows(rows)
    records = tuple(
        _record(order, number, _password(found[row.pk], row.device.name), row.device.name)
        for number, row in enumerate(rows, start=1)
    )
    file = SetupFile(records, version=order.version, flags=0)
    names = [row.device.name for row in rows]
    audit.record(by, "setup_file.write", new={**_told(order), "devices": names[:100]})
    return Written(_bytes(file), names)


def told_lines(data: bytes) -> list[str]:
    """Return what a setup.bin holds, line by line, without its secrets.

    Raises:
        CertificateError: it is none.
    """
    try:
        file = setup_bin.read(data)
    except SetupFileError as error:
        raise CertificateError("setup-file", str(error)) from None
    use = "each PC uses one up" if file.is_consumable else "any number of PCs use the first"
    version, count = ".".join(map(str, file.version)), len(file.records)
    records = "1 record" if count == 1 else f"{count:,} records"
    lines = [f"Version {version}, {records}, {file.consumed} used; {use}."]
    for record in file.records:
        state = "valid" if record.is_valid else "used up"
        how = "scrambled" if record.is_scrambled else "in clear"
        lines.append(f"Record {record.number}: {state}, {how}")
        lines += [f"  {_named(one)}: {setup_variables.told(one)}" for one in record.entries]
    return lines


def _named(one: Entry) -> str:
    variable = setup_variables.VARIABLES.get(one.key)
    number = f"{one.module}/{one.variable}"
    return f"{number} {variable.name}" if variable else f"{number} (not known)"


def rows_of(rows: QuerySet[AmtSettings], names: list[str]) -> list[AmtSettings]:
    """Return the settings of the devices named, in that order.

    Raises:
        CertificateError: one is not set up, not there, or a name of two.
    """
    found, whole = [], rows.select_related("device", "credential")
    for name in names:
        same = list(whole.filter(device__name__iexact=name)[:2])
        if len(same) != 1:
            why = "is not set up, or not there" if not same else "is the name of two devices"
            raise CertificateError("no-device", f"{name[:80]} {why}.")
        found += same
    return found


@sensitive_variables()
def _record(order: Order, number: int, password: str, host_name: str = "") -> Record:
    try:
        entries = [
            setup_variables.entry(setup_variables.CURRENT_PASSWORD, order.current_password),
            setup_variables.entry(setup_variables.NEW_PASSWORD, password),
            *order.entries,
        ]
        if host_name and order.version >= setup_variables.V2_1:
            label = host_name.split(".")[0].lower()
            entries.append(setup_variables.entry(setup_variables.HOST_NAME, label))
        scrambled = setup_bin.SCRAMBLED if order.version >= setup_variables.V2 else 0
        record = Record(
            setup_variables.in_order(entries), number=number, flags=setup_bin.VALID | scrambled
        )
        setup_variables.check(record, order.version)
    except SetupFileError as error:
        raise CertificateError("setup-file", str(error)) from None
    return record


def _bytes(file: SetupFile) -> bytes:
    try:
        return setup_bin.write(file)
    except SetupFileError as error:
        raise CertificateError("setup-file", str(error)) from None


def _password(found: logins.Login | AmtError | None, name: str) -> str:
    if not isinstance(found, logins.Login):
        reason = str(found) if found else "It has no active password."
        raise CertificateError("password-closed", f"{name}: {reason}")
    return found.password


def _told(order: Order) -> dict[str, str | dict[str, str]]:
    values = {
        setup_variables.VARIABLES[one.key].name: setup_variables.told(one) for one in order.entries
    }
    return {"version": ".".join(map(str, order.version)), "settings": values}
