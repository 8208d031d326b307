import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0006_account_session_epoch")]

    operations = [
        migrations.AddField(
            model_name="personnelchangefiling",
            name="ended_role",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="change_filing",
                to="organizations.unitrole",
            ),
        ),
        migrations.AddField(
            model_name="personnelchangefiling",
            name="suspended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="personnelchangefiling",
            index=models.Index(
                condition=models.Q(("suspended_at", None)),
                fields=["changed_on"],
                name="personnel_change_unlocked",
            ),
        ),
    ]
