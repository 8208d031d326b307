import django.db.models.deletion
from django.db import migrations, models

ROUTE = """
    UPDATE review_reviewcase SET route_json =
    '{"key": "default", "name": "", "clause": "NT 15; NB 4", "levels": [
      {"role": "review_lead", "unit": "own", "name": "", "gates": true, "secrecy": true},
      {"role": "leader_in_charge", "unit": "own", "name": "", "gates": false, "secrecy": false}],
      "unit_kinds": [], "sorts": [], "sites": [], "is_for_other_units": false, "papers": [],
      "with_interpretation": false, "submitter_role": "entry_clerk"}'
"""
UNITS = """
    UPDATE review_reviewstep SET unit_id =
    (SELECT unit_id FROM review_reviewcase AS c WHERE c.id = review_reviewstep.case_id)
"""
NOTHING = migrations.RunSQL.noop


class Migration(migrations.Migration):
    """Cases opened before routes were data took the three levels of their own unit."""

    atomic = False  # PostgreSQL changes no column with trigger events of the same transaction pending
    dependencies = [("review", "0005_routes_and_handling")]

    operations = [
        migrations.RunSQL(ROUTE, NOTHING),
        migrations.RunSQL(UNITS, NOTHING),
        migrations.AlterField(
            "reviewcase", "route_key", models.CharField(max_length=60)
        ),
        migrations.AlterField("reviewcase", "route_json", models.JSONField()),
        migrations.AlterField(
            "reviewstep",
            "unit",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="review_steps",
                to="organizations.organization",
            ),
        ),
    ]
