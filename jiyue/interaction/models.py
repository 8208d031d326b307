"""What citizens sent, opened from the inbox, and how often pages were read."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiyue.core.fields import SealedTextField
from jiyue.library.models import Resource
from jiyue.sites.models import Site


class CitizenInput(models.Model):
    """Fields that a correction report and a comment share.

    `submission_id` is the inbox row it was made from; being unique, it makes
    handling the row a second time harmless.
    """

    submission_id = models.UUIDField(unique=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    page_url = models.CharField(_("page"), max_length=500, blank=True)  # site-relative; "" = no known page
    page_title = models.CharField(_("page title"), max_length=300, blank=True)  # or the sender's words for it
    text = SealedTextField(_("what they wrote"))
    contact = SealedTextField(_("contact"), blank=True)
    code_hash = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        abstract = True
        ordering: ClassVar = ["-received_at", "-id"]

    def __str__(self) -> str:
        return f"{self.page_url} {self.received_at:%Y-%m-%d}"


class CorrectionReport(CitizenInput):
    """A citizen's report of an error on a page (我为政府网站找错)."""

    class Meta(CitizenInput.Meta):
        indexes: ClassVar = [models.Index(fields=["site", "-received_at"])]  # the staff list


class CitizenMessage(CitizenInput):
    """A citizen's comment on a page; public only after a later review."""

    class Meta(CitizenInput.Meta):
        indexes: ClassVar = [models.Index(fields=["site", "-received_at"])]  # the staff list


class PageViews(models.Model):
    """How often a resource was read, on all sites together (PUB-14). No trace of readers."""

    resource = models.OneToOneField(Resource, models.PROTECT, primary_key=True, related_name="views")
    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.resource_id}: {self.count}"


class CountedSubmission(models.Model):
    """An inbox row whose views are in `PageViews`: handled a second time, it changes nothing."""

    submission_id = models.UUIDField(primary_key=True)
    counted_at = models.DateTimeField(db_index=True)  # the worker forgets old rows by it

    def __str__(self) -> str:
        return str(self.submission_id)
