from django.db import migrations

from jiyue.core.triggers import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("coregulation", "0001_initial")]

    operations = [
        MakeAppendOnly("coregulation_caseshare"),
        MakeAppendOnly("coregulation_casemessage"),
    ]
