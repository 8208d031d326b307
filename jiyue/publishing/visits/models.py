"""How well search engines know a site, and who sends readers to it. No trace of readers."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.models import StaffAccount
from jiyue.publishing.visits.enums import SearchEngine
from jiyue.sites.models import Site


class InclusionCount(models.Model):
    """Pages of a site that a search engine had in its index in one month (PUB-20).

    `published_pages` is taken when the count is entered, so that the ratio of
    an old month doesn't move with what is withdrawn later.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="inclusion_counts")
    engine = models.CharField(_("search engine"), max_length=20, choices=SearchEngine)
    month = models.DateField(_("month"))  # its first day
    indexed_pages = models.PositiveIntegerField(_("pages in the index"))
    published_pages = models.PositiveIntegerField(_("published pages"))
    counted_on = models.DateField(_("counted on"))
    source = models.CharField(_("where the figure is from"), max_length=200)
    recorded_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "engine", "month"], name="inclusion_once_a_month"),
            models.CheckConstraint(
                condition=Q(counted_on__gte=F("month")), name="inclusion_counted_in_or_after_month"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="inclusion_has_a_source"),
        ]
        ordering: ClassVar = ["-month", "engine"]

    def __str__(self) -> str:
        return f"{self.site_id} {self.engine} {self.month:%Y-%m}"


class ReferralCount(models.Model):
    """How many readers came to a site from one host on one day; "" gathers what isn't told apart."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="referral_counts")
    day = models.DateField()
    host = models.CharField(max_length=253, blank=True)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "day", "host"], name="referral_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.day} {self.host}"
