"""Business systems and special sites that may hand items in."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.models import Organization, StaffAccount
from jiyue.sites.models import Channel


class IntakeClient(models.Model):
    """A system with a key of its own; its drafts are made in the keeper's name (LIB-14)."""

    name = models.CharField(_("name of the system"), max_length=100)
    key = models.CharField(max_length=24, unique=True)  # public half of the token
    secret_digest = models.CharField(max_length=64)  # SM3 of the secret half, which has 256 random bits
    unit = models.ForeignKey(
        Organization, models.PROTECT, related_name="intake_clients", verbose_name=_("unit")
    )
    keeper = models.ForeignKey(
        StaffAccount, models.PROTECT, related_name="+", verbose_name=_("entry clerk who answers for it")
    )
    channels = models.ManyToManyField(
        Channel, related_name="+", blank=True, verbose_name=_("channels it may name")
    )
    kinds = models.JSONField(_("kinds it may hand in"), default=list)
    networks = models.JSONField(_("addresses it calls from"), default=list)  # empty: any
    calls_per_minute = models.PositiveIntegerField(_("calls a minute"), default=60)
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    rotated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "name"], name="intake_client_name_once"),
            models.CheckConstraint(condition=Q(calls_per_minute__gte=1), name="intake_client_may_call"),
        ]

    def __str__(self) -> str:
        return self.name
