"""What citizens sent, opened from the inbox."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiyue.sites.models import Site


class CitizenInput(models.Model):
    """Fields that a correction report and a comment share."""

    submission_id = models.UUIDField(unique=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    page_url = models.CharField(_("page"), max_length=500)
    page_title = models.CharField(_("page title"), max_length=300, blank=True)
    text = models.TextField(_("what they wrote"))
    contact = models.CharField(_("contact"), max_length=100, blank=True)
    code_hash = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        abstract = True
        ordering: ClassVar = ["-received_at"]

    def __str__(self) -> str:
        return f"{self.page_url} {self.received_at:%Y-%m-%d}"


class CorrectionReport(CitizenInput):
    """A citizen's report of an error on a page (我为政府网站找错)."""


class CitizenMessage(CitizenInput):
    """A citizen's comment on a page; public only after a later review."""
