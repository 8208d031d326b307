"""Where editions appear, and which files say so."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiyue.library.models import Edition, Resource
from jiyue.sites.models import Channel, Site


class PublishedSite(models.Model):
    """A site's last place given, and the frame its pages were last asked to show."""

    site = models.OneToOneField(Site, models.PROTECT, primary_key=True, related_name="published")
    last_sequence = models.PositiveIntegerField(default=0)
    frame_digest = models.CharField(max_length=64, blank=True)  # empty until the first shared files

    def __str__(self) -> str:
        return f"{self.site_id}: {self.last_sequence}"


class PublishedChannel(models.Model):
    """Last place given in a channel; list pages are numbered from the oldest."""

    channel = models.OneToOneField(Channel, models.PROTECT, primary_key=True, related_name="published")
    last_sequence = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.channel_id}: {self.last_sequence}"


class Placement(models.Model):
    """Use of a resource's live edition in one channel; its address never changes.

    `sequence`, `list_page`, `site_sequence` and `sitemap_shard` are stored when
    the placement is made; withdrawal leaves a hole and moves nothing.

    `rendered_edition` and `entry_json` say what its page and the lists show;
    both are empty while there is no page.
    """

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="placements")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="placements")
    site = models.ForeignKey(Site, models.PROTECT, related_name="placements")
    sequence = models.PositiveIntegerField()
    list_page = models.PositiveIntegerField()
    site_sequence = models.PositiveIntegerField()
    sitemap_shard = models.PositiveIntegerField()
    path = models.CharField(max_length=200)  # site-relative, without leading slash
    placed_at = models.DateTimeField()
    is_live = models.BooleanField(default=True)
    rendered_edition = models.ForeignKey(Edition, models.PROTECT, null=True, related_name="+", db_index=False)
    rendered_at = models.DateTimeField(null=True)
    entry_json = models.JSONField(null=True)  # see entries.Entry

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "channel"], name="placed_once_per_channel"),
            models.UniqueConstraint(fields=["channel", "sequence"], name="placement_sequence_once"),
            models.UniqueConstraint(fields=["site", "site_sequence"], name="placement_site_sequence_once"),
            models.UniqueConstraint(fields=["site", "path"], name="placement_path_once_per_site"),
        ]
        indexes: ClassVar = [
            # neighbours and the newest of a channel
            models.Index(fields=["channel", "-sequence"], condition=Q(is_live=True), name="placement_live"),
            # frozen list pages
            models.Index(
                fields=["channel", "list_page", "-sequence"], condition=Q(is_live=True), name="placement_list"
            ),
            # sitemap shards
            models.Index(
                fields=["site", "sitemap_shard", "site_sequence"],
                condition=Q(is_live=True),
                name="placement_sitemap",
            ),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def shown_title(self) -> str:
        """Title under which lists show the item, never one in the making; its path while it isn't out."""
        return str(self.entry_json["title"]) if self.entry_json else self.path


class MediaUse(models.Model):
    """A media file that a placement's page needs on its site; the last use gone removes the file."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="media_uses")
    name = models.CharField(max_length=60)
    placement = models.ForeignKey(Placement, models.PROTECT, related_name="media_uses")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["site", "name", "placement"], name="media_used_once_per_placement"
            )
        ]

    def __str__(self) -> str:
        return f"{self.placement_id}: {self.name}"


class OutputFile(models.Model):
    """Manifest row: one published file with its size and digest.

    `seal` proves that the publisher itself wrote the row (`manifest.row_text`
    under a secret of the inner host); `bucket` is the part of the signed
    manifest it belongs to.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="output_files")
    path = models.CharField(max_length=300)  # site-relative, without leading slash
    size_bytes = models.PositiveIntegerField()
    sm3 = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    bucket = models.PositiveSmallIntegerField(default=0)
    seal = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "path"], name="output_file_once_per_site")
        ]
        indexes: ClassVar = [models.Index(fields=["site", "bucket"], name="output_file_bucket")]

    def __str__(self) -> str:
        return self.path


class ManifestBucket(models.Model):
    """One part of a site's signed manifest: the files whose path falls into it.

    Every change of a file raises `version` in its own transaction; the sealer
    then computes `digest` and notes in `sealed_version` what it has seen.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="manifest_buckets")
    number = models.PositiveSmallIntegerField()
    version = models.PositiveBigIntegerField(default=1)
    sealed_version = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=80, blank=True)  # names its algorithm, e.g. "sm3:…"
    files = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "number"], name="manifest_bucket_once")
        ]
        indexes: ClassVar = [
            # what the sealer looks for twice a second
            models.Index(
                fields=["site", "number"],
                condition=~Q(version=models.F("sealed_version")),
                name="manifest_bucket_unsealed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.site_id}: {self.number:03x}"
