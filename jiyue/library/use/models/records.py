"""Every use of an item, one line each."""

from typing import ClassVar

from django.db import models

from jiyue.library.models import Edition, Resource
from jiyue.library.use.enums import UseWay
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.sites.models import Channel, Site


class UseRecord(models.Model):
    """One use of one item: where, how, by whom, when (LIB-11). Append-only."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="uses")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+", null=True)
    way = models.CharField(max_length=20, choices=UseWay)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", null=True)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", null=True)
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+", null=True)  # of whoever used it
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+", null=True)
    interface = models.CharField(max_length=100, blank=True)  # name of the system that read it
    used_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["channel", "-used_at"], name="use_of_channel"),
            models.Index(fields=["used_at"], name="use_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id}: {self.way}"
