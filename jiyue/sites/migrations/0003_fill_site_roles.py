from datetime import date

from django.db import migrations

# Older than every site of the platform: since when a role holds was not recorded before.
RECORDED_SINCE = date(2020, 1, 1)


def fill_roles(apps, schema_editor):
    """Sponsors and operators become dated roles; without a supervising unit the report says so."""
    Site, SiteRole = apps.get_model("sites", "Site"), apps.get_model("sites", "SiteRole")
    for site in Site.objects.order_by("pk"):
        for role, unit_id in (("sponsor", site.sponsor_id), ("operator", site.operator_id)):
            if unit_id:
                SiteRole.objects.create(site=site, unit_id=unit_id, role=role, starts_on=RECORDED_SINCE)


def restore_units(apps, schema_editor):
    """Back to one sponsor and one operator: the first ones that hold."""
    Site, SiteRole = apps.get_model("sites", "Site"), apps.get_model("sites", "SiteRole")
    for site in Site.objects.order_by("pk"):
        held = SiteRole.objects.filter(site=site, ends_on=None).order_by("starts_on", "pk")
        for name in ("sponsor", "operator"):
            first = held.filter(role=name).first()
            if first:
                setattr(site, f"{name}_id", first.unit_id)
        site.save()


class Migration(migrations.Migration):
    dependencies = [("sites", "0002_roles_and_owners")]

    operations = [migrations.RunPython(fill_roles, restore_units)]
