import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="credential",
            name="login_name",
            field=models.CharField(
                "Login name",
                default="admin",
                max_length=64,
                validators=[
                    django.core.validators.RegexValidator(
                        r'[\x00-\x1f\x7f:"]',
                        "A login name holds no colon, quotation mark or control character.",
                        inverse_match=True,
                    )
                ],
            ),
        )
    ]
