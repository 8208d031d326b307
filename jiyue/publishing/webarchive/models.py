"""Which public pages belong to the web archive (网页归档), since when and by whose decision."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.models import TwoPersonChange
from jiyue.publishing.models import Placement
from jiyue.sites.models import Channel, Site

ACTIVE = Q(ended_on=None)


class ArchiveMark(models.Model):
    """One decision about a site, a channel or a page (SITE-23).

    Without channel and placement it covers the whole site. A trigger keeps
    everything but the end as it was decided, and an ended mark as it ended.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="archive_marks")
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, related_name="archive_marks")
    placement = models.ForeignKey(Placement, models.PROTECT, null=True, related_name="archive_marks")
    archived_on = models.DateField(_("archived on"))
    reason = models.TextField(_("reason"))
    change = models.ForeignKey(TwoPersonChange, models.PROTECT, related_name="+")
    ended_on = models.DateField(_("taken out of the archive on"), null=True)
    end_change = models.ForeignKey(TwoPersonChange, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(channel=None) | Q(placement=None), name="archive_mark_has_one_scope"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, end_change=None)
                | Q(ended_on__isnull=False, end_change__isnull=False),
                name="archive_mark_ends_by_decision",
            ),
            models.UniqueConstraint(
                fields=["site"],
                condition=ACTIVE & Q(channel=None, placement=None),
                name="archive_site_marked_once",
            ),
            models.UniqueConstraint(
                fields=["channel"], condition=ACTIVE & Q(placement=None), name="archive_channel_marked_once"
            ),
            models.UniqueConstraint(fields=["placement"], condition=ACTIVE, name="archive_page_marked_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["site"], condition=ACTIVE, name="archive_mark_active")]

    def __str__(self) -> str:
        return f"{self.site_id}/{self.channel_id}/{self.placement_id}: {self.archived_on}"


class FormerPath(models.Model):
    """A path that a channel had: list and feed addresses below it lead to where the channel is now.

    Pages of items stay where they are; their addresses never change.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="former_paths")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="former_paths")
    path = models.CharField(max_length=120)
    left_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "path"], name="former_path_once_per_site")
        ]

    def __str__(self) -> str:
        return self.path
