"""The AMT columns of an import from CSV: address, credential and server of each new device."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from amt import addresses
from amt.models import AmtSettings
from devices import audit
from devices.models import Device, Server, User
from devices.models.rights import Right, may_in
from devices.services.csv_import import ADDRESSING, Line
from vault.models import Credential

BATCH = 1000


class AmtColumns:
    """Set up the devices of the lines that have an AMT address; the others stay not set up."""

    heads: Mapping[str, str] = {
        "amt address": "amt_address",
        "amt": "amt_address",
        "address": "amt_address",
        "ip address": "amt_address",
        "credential": "credential",
        "me credential": "credential",
        "server": "server",
        "amt addressing": "amt_addressing",
    }

    def __init__(self, user: User) -> None:
        self.user = user
        self.credentials = {c.name.lower(): c for c in Credential.objects.all()}
        self.servers = {s.name.lower(): s for s in Server.objects.all()}

    def check(self, lines: Sequence[Line]) -> None:
        """Name the rule that an address, a credential or a server breaks."""
        known = set(AmtSettings.objects.values_list("address", flat=True))
        first: dict[str, int] = {}
        for line in lines:
            if not any(map(line.cell, ("amt_address", "credential", "server", "amt_addressing"))):
                continue
            self._check_rights(line)
            if address := self._check_address(line):
                if address in known:
                    line.warnings.append(f"Another device has the AMT address {address}.")
                elif address in first:
                    line.warnings.append(f"Line {first[address]} has the same AMT address.")
                first.setdefault(address, line.number)
            self._check_choices(line)

    def fill(self, line: Line, device: Device) -> None:
        """Set the copies that lists show of a device's settings."""
        if text := line.cell("amt_address"):
            device.mode = Device.Mode.SMB
            device.amt_address = addresses.check(text, practice=settings.PRACTICE)

    def save(self, made: Sequence[tuple[Line, Device]]) -> None:
        """Write the settings of the devices that have an address."""
        rows = [self._row(line, device) for line, device in made if device.amt_address]
        AmtSettings.objects.bulk_create(rows, batch_size=BATCH)
        if rows:
            audit.record(self.user, "amt.import_settings", new=told(rows))

    def _check_rights(self, line: Line) -> None:
        for right in (Right.CONFIGURE, Right.CREDENTIALS):
            if line.above and not may_in(self.user, right, line.above):
                line.errors.append(f'AMT columns need the right "{right.label}" in {line.folder}.')

    def _check_address(self, line: Line) -> str:
        text = line.cell("amt_address")
        if not text:
            line.errors.append("AMT address: it has none, but other AMT columns.")
            return ""
        try:
            return addresses.check(text, practice=settings.PRACTICE)
        except ValidationError as error:
            line.errors.append(error.messages[0])
            return ""

    def _check_choices(self, line: Line) -> None:
        name = line.cell("credential")
        if name.lower() not in self.credentials:
            line.errors.append(
                f"The vault has no credential named {name}." if name else "Credential: it has none."
            )
        if self._server(line) is None:
            name = line.cell("server")
            line.errors.append(
                f"There is no server named {name}."
                if name
                else "Server: it has none, and there is more than one to choose from."
            )
        if line.cell("amt_addressing").lower() not in ADDRESSING:
            line.errors.append(f'"{line.cell("amt_addressing")}" is neither DHCP nor static.')

    def _server(self, line: Line) -> Server | None:
        """Return the server that a line names; without a name the only one there is."""
        name = line.cell("server").lower()
        if not name and len(self.servers) == 1:
            return next(iter(self.servers.values()))
        return self.servers.get(name)

    def _row(self, line: Line, device: Device) -> AmtSettings:
        return AmtSettings(
            device=device,
            mode=device.mode,
            address=device.amt_address,
            addressing=ADDRESSING[line.cell("amt_addressing").lower()],
            credential=self.credentials[line.cell("credential").lower()],
            server=self._server(line),
        )


def told(rows: Sequence[AmtSettings]) -> dict[str, Any]:
    """Return what the audit keeps: how many, with which credentials, by which servers."""
    return {
        "devices": len(rows),
        "credentials": sorted({str(row.credential) for row in rows}),
        "servers": sorted({str(row.server) for row in rows}),
    }
