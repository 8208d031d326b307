"""Which public pages belong to the web archive (网页归档), since when and by whose decision."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.models import PrivateFile, TwoPersonChange
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


class Capture(models.Model):
    """Pages of a former site, taken in together and decided together (SITE-23, ADR 11)."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="captures")
    source_name = models.CharField(max_length=200)
    captured_on = models.DateField(_("captured on"))  # when the former site was copied
    taken_in_at = models.DateTimeField()
    manifest_digest = models.CharField(max_length=64)  # SM3 over pages and files, what is decided about
    page_count = models.PositiveIntegerField()
    file_count = models.PositiveIntegerField()
    change = models.ForeignKey(TwoPersonChange, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.site_id}: {self.source_name}"


class CapturedFile(models.Model):
    """A picture or document of a capture; public while a public page of the capture shows it."""

    capture = models.ForeignKey(Capture, models.PROTECT, related_name="files")
    key = models.CharField(max_length=500)  # where it lay on the former site
    name = models.CharField(max_length=60)  # by its content
    file = models.ForeignKey(PrivateFile, models.PROTECT, related_name="+")
    original_sm3 = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["capture", "key"], name="captured_file_once"),
        ]

    def __str__(self) -> str:
        return self.key


class CapturedPage(models.Model):
    """A page of a former site, cleaned; public from the decision until it is withdrawn.

    Triggers refuse a day of archiving without an approved decision, and any
    change of what was decided about.
    """

    capture = models.ForeignKey(Capture, models.PROTECT, related_name="pages")
    site = models.ForeignKey(Site, models.PROTECT, related_name="captured_pages")
    key = models.CharField(max_length=500)  # where it lay on the former site
    path = models.CharField(max_length=200)
    title = models.CharField(_("title"), max_length=300)
    body_html = models.TextField()
    text = models.TextField()
    names = models.JSONField(default=list)  # of the files it shows
    original_address = models.CharField(max_length=1000)
    original = models.ForeignKey(PrivateFile, models.PROTECT, related_name="+")
    original_sm3 = models.CharField(max_length=64)
    archived_on = models.DateField(_("archived on"), null=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True)
    withdrawn_by_person_id = models.BigIntegerField(null=True)
    withdrawal_reason = models.TextField(_("reason"), blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["capture", "path"], name="captured_path_once"),
            models.UniqueConstraint(
                fields=["site", "path"],
                condition=Q(archived_on__isnull=False, withdrawn_on=None),
                name="captured_page_public_once",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | Q(archived_on__isnull=False),
                name="captured_withdrawn_was_public",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["site", "id"], name="captured_page_of_site")]

    def __str__(self) -> str:
        return self.title
