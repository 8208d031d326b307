from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseStatus(models.TextChoices):
    """Where a case stands."""

    OPEN = "open", _("in review")
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")


class StepStatus(models.TextChoices):
    """Where one level of a case stands."""

    WAITING = "waiting", _("not yet reached")
    OPEN = "open", _("to be decided")
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")


class ReviewVerb(models.TextChoices):
    """What a person did in a case."""

    SUBMIT = "submit", _("submitted")
    APPROVE = "approve", _("approved")
    RETURN = "return", _("returned")


DECISIONS = (ReviewVerb.APPROVE, ReviewVerb.RETURN)
