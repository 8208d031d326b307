from django.db import migrations

from jiyue.core.triggers import ForbidUpdate, MakeAppendOnly

LEDGER = "registers_remuneration"


class Migration(migrations.Migration):
    dependencies = [("registers", "0001_registers_and_tasks")]

    operations = [
        MakeAppendOnly("registers_registerfile"),
        MakeAppendOnly("registers_contenttaskevent"),
        MakeAppendOnly(LEDGER, verbs=("DELETE",)),
        # a reform may hand the ledger to the successor unit; nothing else moves
        ForbidUpdate(
            LEDGER,
            name="ledger_stays",
            condition="OLD.amount <> NEW.amount OR OLD.period <> NEW.period"
            " OR OLD.contributor_id <> NEW.contributor_id OR OLD.item_count <> NEW.item_count"
            " OR OLD.remark <> NEW.remark OR NEW.struck_at IS NOT NULL"
            " OR COALESCE(OLD.corrects_id, 0) <> COALESCE(NEW.corrects_id, 0)",
        ),
    ]
