from django.db import models
from django.utils.translation import gettext_lazy as _


class ItemState(models.TextChoices):
    """What became of an item that came in by the interface or from a foreign library (LIB-14)."""

    ACCEPTED = "accepted", _("taken in as a draft")
    DUPLICATE = "duplicate", _("in the library already")
    QUARANTINED = "quarantined", _("in quarantine")
    REFUSED = "refused", _("refused")
    SUPERSEDED = "superseded", _("sent again in a better form")
