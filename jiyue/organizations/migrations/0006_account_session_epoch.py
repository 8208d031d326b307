from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0005_reforms_and_sharing")]

    operations = [
        migrations.AddField(
            model_name="staffaccount",
            name="session_epoch",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
