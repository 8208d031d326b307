"""Local routes, the offices they name, and what makes an item major information."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.models import Organization, StaffAccount
from jiyue.review.enums import MajorSign, Office


class ReviewRoute(models.Model):
    """One version of a route of a unit's subtree, set by two persons (REV-11). Append-only.

    The newest version in effect counts; one whose `spec_json` is null ends the route.
    """

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="review_routes")
    key = models.CharField(_("key"), max_length=60)
    version = models.PositiveIntegerField()
    spec_json = models.JSONField(null=True)  # as in routes/*.toml; see routing.Route
    effective_on = models.DateField(_("effective on"))
    change_id = models.BigIntegerField(null=True)  # the two-person change
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "key", "version"], name="review_route_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.key} v{self.version}"


class ApproverOffice(models.Model):
    """Which unit is an office for a subtree, from the start day on (REV-05, REV-08)."""

    governed_unit = models.ForeignKey(Organization, models.PROTECT, related_name="approver_offices")
    office = models.CharField(_("office"), max_length=30, choices=Office)
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="offices_held")
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["governed_unit", "office"], condition=Q(ends_on=None), name="one_unit_per_office"
            )
        ]

    def __str__(self) -> str:
        return f"{self.governed_unit_id} {self.office}: {self.unit_id}"


class MajorRule(models.Model):
    """One sign by which items of a subtree are major information (REV-04; NT 15)."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="major_rules")
    sign = models.CharField(_("sign"), max_length=10, choices=MajorSign)
    text = models.CharField(_("text"), max_length=100)
    created_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "sign", "text"], condition=Q(ended_at=None), name="major_rule_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sign}: {self.text}"
