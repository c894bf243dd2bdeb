from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("amt", "0005_certificates"),
        ("devices", "0006_reloads"),
    ]

    operations = [
        migrations.CreateModel(
            name="ZoneCertificateChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("unprovision", "Unprovision every device"),
                            ("authority", "Choose the certificate authority"),
                            ("delete", "Delete the management certificates"),
                            ("restart", "Restart services"),
                            ("create", "Create the new management certificates"),
                            ("rediscover", "Rediscover the devices"),
                            ("provision", "Provision the devices again"),
                        ],
                        default="unprovision",
                        max_length=12,
                    ),
                ),
                (
                    "authority",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("internal", "A new internal certificate authority"),
                            ("keep", "The same authority, new management certificates"),
                            ("external", "An external certificate authority"),
                        ],
                        max_length=8,
                    ),
                ),
                ("device_count", models.PositiveIntegerField(default=0)),
                ("restart_asked_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("started_by_name", models.CharField(max_length=150)),
                ("ended_at", models.DateTimeField(null=True)),
                ("was_given_up", models.BooleanField(default=False)),
                ("devices", models.ManyToManyField(related_name="+", to="devices.device")),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=models.Q(("ended_at", None)),
                        name="one_change_at_a_time",
                    )
                ],
            },
        ),
    ]
