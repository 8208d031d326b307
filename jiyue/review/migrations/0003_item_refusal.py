from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0002_append_only")]

    operations = [
        migrations.AddField(
            "caseitem", "refusal", models.TextField(blank=True, default=""), preserve_default=False
        )
    ]
