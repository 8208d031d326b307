from django.db import migrations

from jiyue.core.triggers import MakeAppendOnly


class Migration(migrations.Migration):
    """A version of a year stays as it was approved."""

    dependencies = [("work_calendar", "0001_calendar_versions")]

    operations = [
        MakeAppendOnly("work_calendar_calendarversion"),
        MakeAppendOnly("work_calendar_calendarday"),
    ]
