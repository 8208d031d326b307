"""What the tamper watch knows: the signed state of each site, its comparisons, and what was found."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.sites.models import Site


class TamperKind(models.TextChoices):
    """What was wrong with a file."""

    CHANGED = "changed", _("changed")
    TRUNCATED = "truncated", _("cut off")
    SWAPPED = "swapped", _("exchanged with another file")
    REMOVED = "removed", _("removed")
    PLANTED = "planted", _("planted")
    FOLDER = "folder", _("planted folder")
    LINK = "link", _("replaced by a link")
    SPECIAL = "special", _("replaced by something that isn't a file")
    COPY = "copy", _("compressed copy changed")
    PERMISSIONS = "permissions", _("permissions changed")
    RECORD = "record", _("record in the manifest changed")


class TamperState(models.TextChoices):
    """What became of it."""

    OPEN = "open", _("being restored")
    RESTORED = "restored", _("restored")
    TAKEN_AWAY = "taken_away", _("taken away")
    GIVEN_UP = "given_up", _("nothing makes this file any more")


class SignedManifest(models.Model):
    """The signed state of one site: what `digest` covers, when, and the signature over it."""

    site = models.OneToOneField(Site, models.PROTECT, primary_key=True, related_name="signed_manifest")
    sequence = models.PositiveBigIntegerField(default=0)
    statement = models.TextField(blank=True)  # the canonical JSON that is signed
    signature = models.CharField(max_length=300, blank=True)
    signed_at = models.DateTimeField(null=True)
    sweep_requested_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.site_id}: {self.sequence}"


class Sweep(models.Model):
    """One full comparison of a site's files with its manifest."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="sweeps")
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    files = models.PositiveIntegerField()
    size_bytes = models.PositiveBigIntegerField()
    found = models.PositiveIntegerField()
    is_manifest_valid = models.BooleanField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "-started_at"], name="sweep_latest")]

    def __str__(self) -> str:
        return f"{self.site_id}: {self.started_at}"


class TamperEvent(models.Model):
    """Something found in a public folder that the publisher didn't put there, and what became of it.

    Found again before it was restored, it counts up. `others` says how many
    more were found at the same moment that have no row of their own. Without a
    site it is about a file of the platform.
    """

    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="tamper_events")
    path = models.CharField(max_length=400)  # as it lay on the disk, cut to this length
    kind = models.CharField(max_length=20, choices=TamperKind.choices)
    state = models.CharField(max_length=20, choices=TamperState.choices, default=TamperState.OPEN)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # last
    times = models.PositiveIntegerField(default=1)
    others = models.PositiveIntegerField(default=0)
    expected_sm3 = models.CharField(max_length=64, blank=True)
    found_sm3 = models.CharField(max_length=64, blank=True)
    found_bytes = models.PositiveBigIntegerField(null=True)
    evidence = models.CharField(max_length=200, blank=True)  # name in the quarantine folder
    ended_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=200, blank=True)  # restored how, for the record

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["site", "path"], condition=Q(state="open"), name="tampering_open_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["-found_at"], name="tampering_newest")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.path}"

    @property
    def seconds_to_end(self) -> float | None:
        """Seconds from the finding to its end; never negative, whatever the clock did."""
        return None if self.ended_at is None else max(0.0, (self.ended_at - self.found_at).total_seconds())


class WatchSign(models.Model):
    """Sign of life of the watch; one row per process name."""

    name = models.CharField(max_length=120, primary_key=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    is_blind = models.BooleanField(default=False)  # no notification by the kernel: finds by comparing only
    folders = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
