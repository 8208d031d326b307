"""What came in stays as it came: no row goes, no payload changes."""

from typing import ClassVar

from django.db import migrations

from jiyue.core.triggers import ForbidUpdate, MakeAppendOnly


class Migration(migrations.Migration):
    dependencies: ClassVar = [("library_open_intake", "0001_initial")]
    operations: ClassVar = [
        MakeAppendOnly("library_open_intake_intakeitem", verbs=("DELETE",)),
        ForbidUpdate(
            "library_open_intake_intakeitem",
            name="payload_stays",
            condition="NEW.payload <> OLD.payload OR NEW.source_id <> OLD.source_id",
        ),
    ]
