import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("amt", "0004_sign_in"),
        ("devices", "0005_due_and_held"),
        ("vault", "0002_certificates"),
    ]

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("authority", "Certificate authority"),
                            ("management", "Intel AMT management certificate"),
                        ],
                        max_length=10,
                    ),
                ),
                ("der", models.BinaryField()),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=255)),
                ("not_before", models.DateTimeField()),
                ("not_after", models.DateTimeField()),
                ("wants_authority", models.BooleanField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "key",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="vault.secret",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="management_certificates",
                        to="devices.server",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CertificateRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("der", models.BinaryField()),
                ("name", models.CharField(max_length=255)),
                ("is_ca", models.BooleanField()),
                ("mark", models.CharField(default="both", max_length=4)),
                ("strength", models.CharField(default="standard", max_length=8)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("asked_by_name", models.CharField(max_length=150)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="vault.secret",
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="certificate_requests",
                        to="devices.server",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
    ]
