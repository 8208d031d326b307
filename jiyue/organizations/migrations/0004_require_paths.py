from django.db import migrations, models

from jiyue.core.triggers import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("organizations", "0003_fill_paths_and_statuses")]

    operations = [
        migrations.RemoveField(
            model_name='staffaccount',
            name='is_active',
        ),
        migrations.AlterField(
            model_name='organization',
            name='path',
            field=models.CharField(max_length=255, unique=True),
        ),
        migrations.AddConstraint(
            model_name='organization',
            constraint=models.CheckConstraint(condition=models.Q(('path__endswith', '/'), ('path__startswith', '/')), name='unit_has_path'),
        ),
        MakeAppendOnly("organizations_profileassignment"),
        MakeAppendOnly("organizations_unitreform"),
        MakeAppendOnly("organizations_unitsuccession"),
    ]
