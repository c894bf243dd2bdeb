"""The columns of the list of devices: what there is, what is shown first, what a person chose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Value, When
from django.db.models.functions import Cast, Coalesce, StrIndex

from devices.models import DeviceQuerySet, User

SETUP = "amt_settings"
LIST = "devices"  # under which name a person's choice is kept


@dataclass(frozen=True)
class Column:
    """One column; ``keys`` are what it is sorted by, the name and the primary key come after."""

    name: str
    label: str
    keys: tuple[str, ...]
    is_default: bool = False
    is_wide: bool = False  # folded away on a narrow screen
    needs: tuple[str, ...] = ()  # what the rows of a page are read with; names may point up


COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column("name", "Name", (), is_default=True),
        Column("power", "Power", ("power_order",), is_default=True),
        Column("mode", "Mode", ("mode",), is_default=True),
        Column("amt", "AMT", ("amt_digits", "amt_version"), is_default=True),
        Column("connection", "Connection", ("connection",), is_default=True),
        Column("address", "AMT address", ("amt_address",), is_default=True, is_wide=True),
        Column("server", "Server", ("server_name",), is_wide=True, needs=(f"{SETUP}__server",)),
        Column(
            "credential",
            "Credential",
            ("credential_name",),
            is_wide=True,
            needs=(f"{SETUP}__credential",),
        ),
        Column("host", "Host name", ("host_name",), is_wide=True),
        Column("model", "Model", ("model",), is_wide=True),
        Column("serial", "Serial number", ("serial_number",), is_wide=True),
        Column("uuid", "UUID", ("uuid_text",), is_wide=True, needs=(SETUP,)),
        Column("folder", "Folder", ("folder__path",), is_wide=True, needs=("folder",)),
        Column("comment", "Comment", ("description",), is_wide=True),
    )
}
ORDERS: Mapping[str, Sequence[str]] = {
    column.name: (*column.keys, "name") for column in COLUMNS.values()
}
# As the word in the column says it: on, asleep, off, something else, unknown, not read.
POWER_ORDER = Coalesce(
    Case(
        When(unreadable_since__isnull=False, then=Value(5)),
        When(power_state=None, then=Value(6)),
        When(power_state=2, then=Value(0)),
        When(power_state__in=[3, 4], then=Value(1)),
        When(power_state=7, then=Value(2)),
        When(power_state__in=[6, 8], then=Value(3)),
        default=Value(4),
    ),
    Value(6),
)
SORT_KEYS: Mapping[str, Any] = {
    "power_order": POWER_ORDER,
    "server_name": Coalesce("amt_settings__server__name", Value("")),
    "credential_name": Coalesce("amt_settings__credential__name", Value("")),
    "uuid_text": Coalesce(Cast("amt_settings__uuid", CharField()), Value("")),
    "amt_digits": Coalesce(StrIndex("amt_version", Value(".")), Value(0)),  # 9.5 before 11.8
}


def prepared(devices: DeviceQuerySet, sort: str, shown: Sequence[Column]) -> DeviceQuerySet:
    """Return ``devices`` with what this order and these columns need beside their own fields."""
    column = COLUMNS.get(sort.removeprefix("-"), COLUMNS["name"])
    keys = [key for key in column.keys if key in SORT_KEYS]
    devices = devices.annotate(**{key: SORT_KEYS[key] for key in keys})
    if column.name == "folder":
        return devices.select_related("folder")
    # A second query for the rows of the page is cheaper than a join of all that are sorted.
    return devices.prefetch_related(*{way for one in shown for way in one.needs})


def chosen(user: User, *, with_folder: bool = False) -> list[Column]:
    """Return the columns to show, in their order; the name is always among them."""
    names = user.preferences.get("columns", {}).get(LIST)
    if names is None:
        names = [column.name for column in COLUMNS.values() if column.is_default]
    shown = {"name", *names, *(["folder"] if with_folder else [])}
    return [column for column in COLUMNS.values() if column.name in shown]


def choose(*, user: User, names: Sequence[str]) -> None:
    """Keep a person's choice; none at all brings back the columns shown first."""
    kept = dict(user.preferences.get("columns", {}))
    kept.pop(LIST, None)
    if known := [name for name in COLUMNS if name in names]:
        kept[LIST] = known
    user.preferences = {**user.preferences, "columns": kept}
    user.save(update_fields=["preferences"])
