from django.db import models
from django.utils.translation import gettext_lazy as _


class ObligationStatus(models.TextChoices):
    """Where a clock stands; only an open one runs."""

    OPEN = "open", _("open")
    SATISFIED = "satisfied", _("done")
    EXCUSED = "excused", _("excused")
    LAPSED = "lapsed", _("no longer owed")


class EventVerb(models.TextChoices):
    """What happened to a clock."""

    OPENED = "opened", _("clock started")
    REMINDED = "reminded", _("reminder sent")
    ESCALATED = "escalated", _("escalated")
    RECOMPUTED = "recomputed", _("due date computed anew")
    RESCHEDULED = "rescheduled", _("due date set anew")
    HANDED_OVER = "handed_over", _("handed over")
    SATISFIED = "satisfied", _("done")
    EXCUSED = "excused", _("excused")
    LAPSED = "lapsed", _("no longer owed")


class Audience(models.TextChoices):
    """Who is told at a step of escalation."""

    OWNER = "owner", _("who owes it")
    UNIT_LEADERS = "unit_leaders", _("leaders of the unit")
    SUPERVISING_UNIT = "supervising_unit", _("supervising unit")
