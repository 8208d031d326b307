from django.db import migrations

from jiyue.core.triggers import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial"), ("core", "0002_append_only")]

    operations = [
        MakeAppendOnly("library_resourcerevision"),
        MakeAppendOnly("library_edition"),
        MakeAppendOnly("library_withdrawal"),
    ]
