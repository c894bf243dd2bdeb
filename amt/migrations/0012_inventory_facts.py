"""Write the facts of inventories that were kept before there were facts."""

from django.db import migrations

from amt.protocol.wsman.inventory import flat
from devices.inventory_facts import facts_of, record_names, rows, told_by
from devices.models import InventoryChange

AT_ONCE = 100  # inventories, whose rows are held in memory


def write(apps, schema_editor):
    source = InventoryChange.Source
    reports = apps.get_model("devices", "HostReport").objects.order_by("pk")
    told = ((r.device_id, told_by(r), r.reported_at) for r in reports.iterator(AT_ONCE))
    _write(apps, source.AGENT, told)
    readings = apps.get_model("amt", "AmtInventory").objects.order_by("pk")
    told = ((r.device_id, flat(r.facts).items(), r.read_at) for r in readings.iterator(AT_ONCE))
    _write(apps, source.AMT, told)


def _write(apps, source, inventories):
    model = apps.get_model("devices", "InventoryFact")
    changed = dict(
        apps.get_model("devices", "InventoryChange")
        .objects.filter(source=source)
        .order_by("at")
        .values_list("device_id", "at")
    )
    names, made = {}, []
    for number, (device_pk, told, at) in enumerate(inventories, 1):
        facts = facts_of(source, told, at=at, changed_at=changed.get(device_pk))
        names |= {fact.key: name for fact, name in facts.items()}
        made += rows(device_pk, source, facts, model)
        if number % AT_ONCE == 0:
            model.objects.bulk_create(made, batch_size=1000)
            made = []
    model.objects.bulk_create(made, batch_size=1000)
    record_names(names, apps.get_model("devices", "FactName"))


class Migration(migrations.Migration):
    dependencies = [("amt", "0011_reconciliation"), ("devices", "0013_inventory_facts")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
