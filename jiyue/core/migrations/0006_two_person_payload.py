from django.db import migrations

from jiyue.core.triggers import ForbidUpdate


class Migration(migrations.Migration):
    """What would be carried out stays as it was proposed, not only its digest."""

    dependencies = [("core", "0005_two_person_guard")]

    operations = [
        ForbidUpdate(
            "core_twopersonchange",
            name="payload_stays",
            condition="""
                NEW.payload <> OLD.payload OR NEW.title <> OLD.title
                OR COALESCE(NEW.unit_id, 0) <> COALESCE(OLD.unit_id, 0)
                OR NEW.proposer_account_id <> OLD.proposer_account_id
                OR NEW.proposer_name <> OLD.proposer_name OR NEW.proposed_at <> OLD.proposed_at
            """,
        ),
    ]
