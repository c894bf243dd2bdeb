"""Make one managed device of two: the PC that an agent knows, and its Management Engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Case, Value, When

from amt.models import AlertSubscription, AmtInventory, AmtSettings
from amt.reconciliation.matching import Doubt, Match, Reason
from devices.models import Device, InventoryChange, InventoryFact, JobItem
from devices.models.many_rows import update_each

COPIED = (
    *("mode", "amt_address", "amt_version", "connection"),
    *("power_state", "os_state", "power_seen_at", "power_source", "poll_due_at", "last_order_at"),
    *("unreadable_since", "unreadable_code", "held_until", "held_because"),
)
FILLED = ("host_name", "host_addressing", "model", "serial_number", "description")
AT_ONCE = 500  # pairs of one statement


@dataclass(slots=True)
class Join:
    """One device that goes, and the one that gets all that belongs to it."""

    goes: Device
    stays: Device
    match: Match
    is_set_up: bool = False  # the one that goes
    left_behind: list[str] = field(default_factory=list)  # what can be there but once, and was


def lock(joins: Iterable[Join]) -> dict[int, Doubt]:
    """Lock the devices of ``joins`` and read them anew.

    Return why some pairs stay two, by the key of the device that would go. What a PC says of
    itself moves nothing to another folder: there other people have rights, or some have none.
    """
    doubts: dict[int, Doubt] = {}
    found = list(joins)
    pks = sorted({pk for one in found for pk in (one.goes.pk, one.stays.pk)})
    rows = Device.objects.select_for_update(of=("self",)).select_related("folder")
    fresh = {device.pk: device for device in rows.filter(pk__among=pks).order_by("pk")}
    settings = AmtSettings.objects.filter(device__among=pks)
    set_up = set(settings.values_list("device_id", flat=True))
    lines = JobItem.objects.unfinished().filter(device__among=pks)
    busy = set(lines.values_list("device_id", flat=True))
    for one in found:
        both = {one.goes.pk, one.stays.pk}
        if both <= set_up:
            doubts[one.goes.pk] = Doubt.BOTH_SET_UP
        elif both & busy or both - fresh.keys():
            doubts[one.goes.pk] = Doubt.BUSY
        elif _is_elsewhere(fresh[one.goes.pk], fresh[one.stays.pk], one.match):
            doubts[one.goes.pk] = Doubt.OTHER_FOLDER
        else:
            one.goes, one.stays = fresh[one.goes.pk], fresh[one.stays.pk]
            one.is_set_up = one.goes.pk in set_up
    return doubts


def _is_elsewhere(goes: Device, stays: Device, match: Match) -> bool:
    return goes.folder_id != stays.folder_id and match.reason is not Reason.PERSON


def join(joins: Sequence[Join]) -> None:
    """Give all that belongs to a device to another - settings, tasks, history - and delete it.

    What the other has itself and can have but once stays as it is; ``left_behind`` names what did
    not go over. The devices are those that ``lock`` read.
    """
    _forget_older(joins)
    for start in range(0, len(joins), AT_ONCE):
        some = {one.goes.pk: one for one in joins[start : start + AT_ONCE]}
        for relation in Device._meta.get_fields(include_hidden=True):
            # One to one is of this kind, too, and so is what joins many to many
            if isinstance(relation, models.ManyToOneRel):
                holder: Any = relation.related_model
                _give(holder, relation.field.name, some)
    for one in joins:
        for name in COPIED if one.is_set_up else ():
            setattr(one.stays, name, getattr(one.goes, name))
        for name in FILLED:
            setattr(one.stays, name, getattr(one.stays, name) or getattr(one.goes, name))
        one.stays.search_text = one.stays.words()
    stays = [one.stays for one in joins]
    update_each(stays, [*COPIED, *FILLED, "search_text"], guard=Device.objects.all())
    Device.objects.filter(pk__among=[one.goes.pk for one in joins]).delete()


def _forget_older(joins: Sequence[Join]) -> None:
    """Forget what the one that is not set up knew of an engine, where the other knows it, too."""
    others = {
        (one.stays if one.is_set_up else one.goes).pk: (one.goes if one.is_set_up else one.stays).pk
        for one in joins
    }
    for model in (AlertSubscription, AmtInventory):
        known = model.objects.filter(device__among=others.values())
        have = set(known.values_list("device_id", flat=True))
        older = [pk for pk, of in others.items() if of in have]
        model.objects.filter(device__among=older).delete()
    facts = InventoryFact.objects.filter(source=InventoryChange.Source.AMT)
    facts.filter(device__among=older).delete()


def _give(holder: type[models.Model], name: str, some: Mapping[int, Join]) -> None:
    """Move rows at once; where one may not be there twice, each that can."""
    rows = holder._base_manager.filter(**{f"{name}__in": list(some)})
    moves = [When(**{name: pk}, then=Value(one.stays.pk)) for pk, one in some.items()]
    try:
        with transaction.atomic():
            rows.update(**{name: Case(*moves, output_field=models.BigIntegerField())})
    except IntegrityError:
        for row in rows:
            one = some[getattr(row, f"{name}_id")]
            if not _given(holder._base_manager.filter(pk=row.pk), name, one.stays):
                one.left_behind.append(str(row))


def _given(row: models.QuerySet[models.Model], name: str, device: Device) -> bool:
    try:
        with transaction.atomic():
            return bool(row.update(**{name: device}))
    except IntegrityError:
        return False
