"""Local profiles and the dated versions of their values."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class LocalProfile(models.Model):
    """Rules of one place, which inherit from a shipped or another local profile (PROF-01). Append-only.

    The profiles that travel with the software say what the documents say and
    can't be changed here; whatever a place decides stands in a local one.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    parent = models.CharField(_("inherits from"), max_length=40)  # code of a shipped or an older local one
    owner_unit_id = models.BigIntegerField()  # its subtree may use the profile; units lie above this room
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(parent=F("code")), name="profile_not_its_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class LocalValue(models.Model):
    """What a local profile states for one key from a day on (PROF-05). Append-only.

    A row without a value says that the profile is silent again from that day.
    """

    profile = models.ForeignKey(LocalProfile, models.PROTECT, related_name="values")
    key = models.CharField(_("rule"), max_length=80)
    version = models.PositiveIntegerField(_("version"))  # counts up per profile and key, from 1
    value = models.JSONField(_("value"), null=True, blank=True)
    unit = models.CharField(_("counts"), max_length=40, blank=True)
    clause = models.CharField(_("clause"), max_length=300, blank=True)
    effective_on = models.DateField(_("effective on"))
    approved_on = models.DateField(_("approved on"))
    change_id = models.BigIntegerField(unique=True)  # the two-person change that brought it

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["profile", "key", "version"], name="one_version_of_a_value"),
            models.CheckConstraint(condition=Q(version__gte=1), name="value_version_counts_from_one"),
            models.CheckConstraint(
                condition=Q(effective_on__gte=F("approved_on")), name="value_not_effective_before_approval"
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True, unit="") | (Q(value__isnull=False) & ~Q(clause="")),
                name="value_names_its_clause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} {self.key} v{self.version}"
