from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0004_require_paths")]

    operations = [
        migrations.AddField(
            model_name="staffaccount",
            name="session_epoch",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
