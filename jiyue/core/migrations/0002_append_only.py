from django.db import migrations

from jiyue.core.triggers import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        MakeAppendOnly("core_auditentry"),
        MakeAppendOnly("core_auditseal"),
        MakeAppendOnly("core_audittext", verbs=("DELETE",)),  # erasure leaves a tombstone
    ]
