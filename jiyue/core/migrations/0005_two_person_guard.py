from django.db import migrations

from jiyue.core.triggers import ForbidUpdate, MakeAppendOnly

_PROPOSED = ("topic", "subject_type", "subject_key", "digest", "reason", "proposer_person_id")
_IS_OTHER = " OR ".join(f"NEW.{field} <> OLD.{field}" for field in _PROPOSED)


class Migration(migrations.Migration):
    """What was proposed stays as it is; a decided change isn't decided again; none disappears."""

    dependencies = [("core", "0004_schedule_two_person_files")]

    operations = [
        ForbidUpdate(
            "core_twopersonchange",
            name="stays_as_proposed",
            condition=f"OLD.status <> 'waiting' OR {_IS_OTHER}",
        ),
        MakeAppendOnly("core_twopersonchange", verbs=("DELETE",)),
    ]
