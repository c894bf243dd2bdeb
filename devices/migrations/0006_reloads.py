from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0005_due_and_held"),
    ]

    operations = [
        migrations.AddField(
            model_name="server",
            name="reload_asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="server",
            name="reloaded_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
