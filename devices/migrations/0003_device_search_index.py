"""An index for the search of devices, where the database has one for parts of words."""

from django.db import DatabaseError, migrations, transaction

INDEX = "device_by_search_text"


def make(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {INDEX} ON devices_device"
                " USING gin (search_text gin_trgm_ops)"
            )
    except DatabaseError:
        # The extension is not installed, or this role may not: the search reads all rows then.
        return


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("devices", "0002_fixed_folders")]
    operations = [migrations.RunPython(make, drop)]
