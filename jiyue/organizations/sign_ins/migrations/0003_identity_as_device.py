import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A linked identity counts as a device where its provider asks for both factors."""

    dependencies = [
        ("sign_ins", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("externalidentity", "identity_one_per_issuer"),
        migrations.RenameField("externalidentity", "account", "user"),
        migrations.AlterField(
            "externalidentity",
            "user",
            models.ForeignKey(
                help_text="The user that this device belongs to.",
                on_delete=django.db.models.deletion.CASCADE,
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "externalidentity",
            "name",
            models.CharField(
                default="", help_text="The human-readable name of this device.", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "externalidentity",
            "confirmed",
            models.BooleanField(default=True, help_text="Is this device ready for use?"),
        ),
        migrations.AddConstraint(
            "externalidentity",
            models.UniqueConstraint(
                condition=models.Q(("unlinked_at", None)),
                fields=("user", "issuer"),
                name="identity_one_per_issuer",
            ),
        ),
    ]
