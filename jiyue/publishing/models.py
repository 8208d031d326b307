"""Where editions appear, and which files say so."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiyue.library.models import Resource
from jiyue.sites.models import Channel, Site


class ChannelCounter(models.Model):
    """Last place given in a channel; list pages are numbered from the oldest."""

    channel = models.OneToOneField(Channel, models.PROTECT, primary_key=True, related_name="counter")
    last_sequence = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.channel_id}: {self.last_sequence}"


class SiteCounter(models.Model):
    """Last place given on a site; sitemap shards are numbered from the oldest."""

    site = models.OneToOneField(Site, models.PROTECT, primary_key=True, related_name="counter")
    last_sequence = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.site_id}: {self.last_sequence}"


class Placement(models.Model):
    """Use of a resource's live edition in one channel; its address never changes.

    `sequence`, `list_page` and `sitemap_shard` are stored when the placement is
    made; withdrawal leaves a hole and moves nothing.
    """

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="placements")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="placements")
    site = models.ForeignKey(Site, models.PROTECT, related_name="placements")
    sequence = models.PositiveIntegerField()
    list_page = models.PositiveIntegerField()
    sitemap_shard = models.PositiveIntegerField()
    path = models.CharField(max_length=200)  # site-relative, without leading slash
    placed_at = models.DateTimeField()
    is_live = models.BooleanField(default=True)
    rendered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "channel"], name="placed_once_per_channel"),
            models.UniqueConstraint(fields=["channel", "sequence"], name="placement_sequence_once"),
            models.UniqueConstraint(fields=["site", "path"], name="placement_path_once_per_site"),
        ]
        indexes: ClassVar = [
            # list pages, neighbours and the newest of a channel
            models.Index(fields=["channel", "-sequence"], condition=Q(is_live=True), name="placement_live"),
            models.Index(
                fields=["site", "sitemap_shard"], condition=Q(is_live=True), name="placement_sitemap"
            ),
        ]

    def __str__(self) -> str:
        return self.path


class OutputFile(models.Model):
    """Manifest row: one published file with its size and digest."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="output_files")
    path = models.CharField(max_length=300)  # site-relative, without leading slash
    size_bytes = models.PositiveIntegerField()
    sm3 = models.CharField(max_length=64)
    resource_id = models.BigIntegerField(null=True, db_index=True)
    written_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "path"], name="output_file_once_per_site")
        ]

    def __str__(self) -> str:
        return self.path
