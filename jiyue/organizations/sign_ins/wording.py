"""How dates read in messages."""

from datetime import date

from django.utils.translation import gettext as _


def day_text(day: date) -> str:
    """A date as 2026年11月21日."""
    return _("%(year)s-%(month)s-%(day)s") % {"year": day.year, "month": day.month, "day": day.day}
