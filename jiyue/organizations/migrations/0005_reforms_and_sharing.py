import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0004_require_paths")]

    operations = [
        # A column and an index of its own: a new table would lose the guard on SQLite.
        migrations.AddField(
            model_name="unitreform",
            name="change_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="unitreform",
            name="kind",
            field=models.CharField(
                choices=[("merge", "merging"), ("split", "splitting")], max_length=10, verbose_name="kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="unitreform",
            constraint=models.UniqueConstraint(
                condition=models.Q(("change_id__isnull", False)),
                fields=("change_id",),
                name="reform_once_per_change",
            ),
        ),
        migrations.CreateModel(
            name="SharingGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="starts on")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="ends on")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("granted_by_account_id", models.BigIntegerField()),
                ("granted_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sharing_given",
                        to="organizations.organization",
                        verbose_name="unit that shares",
                    ),
                ),
                (
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sharing_received",
                        to="organizations.organization",
                        verbose_name="unit that may read",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["reader", "owner"], name="sharing_by_reader")],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "reader", "starts_on"), name="sharing_once"),
                    models.CheckConstraint(
                        condition=models.Q(("owner", models.F("reader")), _negated=True),
                        name="sharing_two_units",
                    ),
                ],
            },
        ),
    ]
