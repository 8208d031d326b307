from django.db import migrations, models

from jiyue.core.triggers import ForbidUpdate


class Migration(migrations.Migration):
    dependencies = [("core", "0002_append_only")]

    operations = [
        migrations.AddField("inboxsubmission", "attempts", models.IntegerField(default=0)),
        migrations.AddField("inboxsubmission", "available_at", models.DateTimeField(null=True)),
        ForbidUpdate(
            "core_audittext",
            name="only_erasure",
            condition="""
                NOT (NEW.entry_id = OLD.entry_id AND OLD.erased_at IS NULL
                     AND NEW.erased_at IS NOT NULL AND NEW.body = '')
            """,
        ),
    ]
