from django.db import migrations

from jiyue.core.triggers import ForbidUpdate, MakeAppendOnly

_OF_THE_START = ("kind", "subject_type", "subject_key", "opened_at", "policy_origin")
_IS_OTHER = " OR ".join(f"NEW.{field} <> OLD.{field}" for field in _OF_THE_START)
_NUMBERS = ("term_number", "policy_version")
_IS_OTHER_NUMBER = " OR ".join(f"COALESCE(NEW.{field}, -1) <> COALESCE(OLD.{field}, -1)" for field in _NUMBERS)


class Migration(migrations.Migration):
    """A clock keeps the rule it started under; a stopped one stays as it is; nothing disappears (PROF-05)."""

    dependencies = [("obligations", "0001_initial")]

    operations = [
        ForbidUpdate(
            "obligations_obligation",
            name="keeps_its_rule",
            condition=f"OLD.status <> 'open' OR {_IS_OTHER} OR {_IS_OTHER_NUMBER}",
        ),
        MakeAppendOnly("obligations_obligation", verbs=("DELETE",)),
        MakeAppendOnly("obligations_obligationevent"),
    ]
