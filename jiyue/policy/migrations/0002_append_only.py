from django.db import migrations

from jiyue.core.triggers import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_local_profiles")]

    operations = [
        MakeAppendOnly("policy_localprofile"),
        MakeAppendOnly("policy_localvalue"),
    ]
