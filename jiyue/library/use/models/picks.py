"""Items of the library shown in channels that their own unit didn't choose."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.library.models import Edition, Resource
from jiyue.library.use.enums import ACTIVE_PICKS, OfferStatus, PickStatus
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.sites.models import Channel


class ChannelTopics(models.Model):
    """What a column is about: the rule by which released items are offered to it."""

    channel = models.OneToOneField(Channel, models.PROTECT, primary_key=True, related_name="topics")
    subjects = models.JSONField(default=list)  # subject categories, or the beginnings of their paths
    keywords = models.JSONField(default=list)
    set_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.channel_id}: {self.subjects} {self.keywords}"


class Offer(models.Model):
    """A released item that fits a column, with the words that fit (LIB-10)."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="offers")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="offers")
    matches = models.JSONField()  # the subjects and keywords that fit
    status = models.CharField(max_length=20, choices=OfferStatus, default=OfferStatus.OPEN)
    offered_at = models.DateTimeField()
    answered_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+", null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "channel"], name="offered_once_per_channel")
        ]
        indexes: ClassVar = [models.Index(fields=["channel", "status", "-offered_at"], name="offer_open")]

    def __str__(self) -> str:
        return f"{self.resource_id} → {self.channel_id}"


class Pick(models.Model):
    """Reference to an item from a channel of another unit's choosing; nothing is copied (LIB-10)."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="picks")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="picks")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="picks")
    status = models.CharField(max_length=20, choices=PickStatus, default=PickStatus.PROPOSED)
    reason = models.TextField(_("why it fits"), blank=True)
    picked_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    picked_person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    picked_at = models.DateTimeField()
    decided_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+", null=True)
    decided_person = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    opinion = models.TextField(_("opinion"), blank=True)
    ended_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+", null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(_("reason"), blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["resource", "channel"],
                condition=Q(status__in=sorted(ACTIVE_PICKS)),
                name="picked_once_per_channel",
            ),
            models.CheckConstraint(
                condition=Q(decided_person=None) | ~Q(decided_person=F("picked_person")),
                name="pick_takes_two_persons",
            ),
            models.CheckConstraint(
                condition=~Q(status=PickStatus.CONFIRMED) | Q(decided_person__isnull=False),
                name="pick_confirmed_by_somebody",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "status", "-picked_at"], name="pick_of_unit")]

    def __str__(self) -> str:
        return f"{self.resource_id} → {self.channel_id} ({self.status})"
