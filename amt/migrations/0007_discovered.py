import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("amt", "0006_zone_change"),
        ("devices", "0006_reloads"),
    ]

    operations = [
        migrations.CreateModel(
            name="DiscoveredDevice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(unique=True)),
                ("uuid_text", models.CharField(max_length=32)),
                ("address", models.GenericIPAddressField()),
                ("name", models.CharField(blank=True, max_length=255)),
                (
                    "source",
                    models.CharField(
                        choices=[("hello", "Hello message")], default="hello", max_length=5
                    ),
                ),
                ("hello_version", models.PositiveSmallIntegerField()),
                ("hello_count", models.PositiveIntegerField(default=1)),
                ("retry_count", models.PositiveIntegerField()),
                ("has_own_password", models.BooleanField()),
                ("key_id", models.CharField(blank=True, max_length=8)),
                ("hashes", models.JSONField(default=list)),
                ("first_seen_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(db_index=True)),
                (
                    "device",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="discovered",
                        to="devices.device",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="devices.server",
                    ),
                ),
            ],
            options={
                "ordering": ["-seen_at", "pk"],
            },
        ),
    ]
