"""Choices of the delivery of published files."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptReason(models.TextChoices):
    """Why the earlier bytes of a page were kept."""

    REPLACED = "replaced", _("another edition took its place")
    REMOVED = "removed", _("the item was withdrawn or left the channel")
