from typing import Any

from django.db import migrations, models
from django.db.models import F, Q


def keep_what_was(apps: Any, editor: Any) -> None:
    """Have used tokens stay used, and agents that only enrolled be as old as their enrolment."""
    apps.get_model("devices", "EnrolmentToken").objects.exclude(used_at=None).update(uses_left=0)
    apps.get_model("devices", "Agent").objects.filter(seen_at=None).update(seen_at=F("enrolled_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0014_inventory_facts"),
    ]

    operations = [
        migrations.AddField(
            model_name="enrolmenttoken",
            name="uses",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="enrolmenttoken",
            name="uses_left",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.RunPython(keep_what_was, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(
            model_name="enrolmenttoken",
            name="used_at",
        ),
        migrations.AlterField(
            model_name="enrolmenttoken",
            name="expires_at",
            field=models.DateTimeField(db_index=True),
        ),
        migrations.AddConstraint(
            model_name="enrolmenttoken",
            constraint=models.CheckConstraint(
                condition=Q(("device", None), ("uses", 1), _connector="OR"),
                name="token_of_a_device_is_for_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolmenttoken",
            constraint=models.CheckConstraint(
                condition=Q(("uses_left__lte", F("uses"))),
                name="token_has_no_more_uses_left_than_made",
            ),
        ),
    ]
