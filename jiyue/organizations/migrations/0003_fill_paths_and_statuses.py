from django.db import migrations


def fill_paths(apps, schema_editor):
    """Give every unit its place in the tree, from the roots down."""
    Organization = apps.get_model("organizations", "Organization")
    waiting = {unit.pk: unit for unit in Organization.objects.filter(path=None)}
    while waiting:
        ready = [unit for unit in waiting.values() if unit.superior_id not in waiting]
        if not ready:
            raise RuntimeError("The units' superiors form a ring; mend it before the upgrade.")
        for unit in ready:
            above = unit.superior.path if unit.superior_id else "/"
            Organization.objects.filter(pk=unit.pk).update(path=f"{above}{unit.code}/")
            del waiting[unit.pk]


def fill_statuses(apps, schema_editor):
    """An account that was switched off is a closed one."""
    apps.get_model("organizations", "StaffAccount").objects.filter(is_active=False).update(status="closed")


class Migration(migrations.Migration):
    dependencies = [("organizations", "0002_tree_accounts_filings")]

    operations = [
        migrations.RunPython(fill_paths, migrations.RunPython.noop),
        migrations.RunPython(fill_statuses, migrations.RunPython.noop),
    ]
