"""What happened with an item stays written: its uses, its errors, its dates, its manuscripts."""

from typing import ClassVar

from django.db import migrations

from jiyue.core.triggers import ForbidUpdate, MakeAppendOnly

_KEPT = (
    "userecord",
    "correctionrecord",
    "correctionfix",
    "datechange",
    "manuscript",
    "manuscriptexplanation",
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("library_use", "0001_initial")]
    operations: ClassVar = [
        *(MakeAppendOnly(f"library_use_{table}") for table in _KEPT),
        MakeAppendOnly("library_use_pick", verbs=("DELETE",)),
        MakeAppendOnly("library_use_manuscriptproblem", verbs=("DELETE",)),
        ForbidUpdate(
            "library_use_manuscriptproblem",
            name="answered_once",
            condition="OLD.answered_at IS NOT NULL OR NEW.problem <> OLD.problem",
        ),
    ]
