"""The zone's folder, with Servers and Workstations right below it."""

from django.db import migrations

PATHS = [("0001", 1, 2, "Zone"), ("00010001", 2, 0, "Servers"), ("00010002", 2, 0, "Workstations")]


def make(apps, schema_editor):
    folder = apps.get_model("devices", "Folder")
    for path, depth, numchild, name in PATHS:
        folder.objects.create(path=path, depth=depth, numchild=numchild, name=name, is_fixed=True)


class Migration(migrations.Migration):
    dependencies = [("devices", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
