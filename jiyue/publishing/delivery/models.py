"""Trouble with stores, pages kept after they were replaced, addresses that caches should forget."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiyue.library.models import Edition
from jiyue.publishing.delivery.enums import KeptReason
from jiyue.sites.models import Site


class StoreError(models.Model):
    """One batch that a store didn't take."""

    site_key = models.CharField(max_length=40)
    failed_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.site_key}: {self.reason}"


class KeptFile(models.Model):
    """A page that was public, as it was, until its time is over; its bytes lie sealed under its digest."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="kept_files")
    path = models.CharField(max_length=300)  # site-relative, without leading slash
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")  # what it showed
    sm3 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    reason = models.CharField(max_length=10, choices=KeptReason)
    kept_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["site", "path", "edition", "sm3", "reason"], name="kept_file_once"
            ),
            models.CheckConstraint(condition=Q(reason__in=KeptReason.values), name="kept_file_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kept_at"], name="kept_file_age"),  # the sweep
            models.Index(fields=["sm3"], name="kept_file_bytes"),  # whether somebody else needs the bytes
        ]

    def __str__(self) -> str:
        return f"{self.site_id}/{self.path}"


class PurgeAddress(models.Model):
    """A changed file that the caches in front of a site still have to forget."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="purge_addresses")
    path = models.CharField(max_length=300)  # site-relative, without leading slash
    is_removed = models.BooleanField(default=False)
    asked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "path"], name="purge_address_once")]

    def __str__(self) -> str:
        return f"{self.site_id}/{self.path}"
