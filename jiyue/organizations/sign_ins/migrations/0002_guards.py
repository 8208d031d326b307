from django.db import migrations

from jiyue.core.triggers import ForbidUpdate, MakeAppendOnly


class Migration(migrations.Migration):
    """Results of reviews and checks stay as they are; an ended session isn't opened again."""

    dependencies = [("sign_ins", "0001_initial")]

    operations = [
        MakeAppendOnly("sign_ins_flagreview"),
        MakeAppendOnly("sign_ins_terminalcheck"),
        MakeAppendOnly("sign_ins_staffsession", verbs=("DELETE",)),
        MakeAppendOnly("sign_ins_signinflag", verbs=("DELETE",)),
        ForbidUpdate(
            "sign_ins_staffsession", name="stays_ended", condition="OLD.ended_at IS NOT NULL"
        ),
        ForbidUpdate(
            "sign_ins_signinflag",
            name="stays_as_raised",
            condition="NEW.kind <> OLD.kind OR NEW.account_id <> OLD.account_id "
            "OR NEW.session_id <> OLD.session_id OR (NEW.is_open AND NOT OLD.is_open)",
        ),
    ]
