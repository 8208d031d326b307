"""Who decides in place of somebody else: delegations and the duty roster."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, Person, StaffAccount


class ReviewDelegation(models.Model):
    """A reviewer lets somebody decide in their place, from the start day up to and including the end day."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="review_delegations")
    role = models.CharField(_("role"), max_length=30, choices=StaffRole)
    delegator = models.ForeignKey(Person, models.PROTECT, related_name="delegations_given")
    delegate = models.ForeignKey(StaffAccount, models.PROTECT, related_name="delegations_held")
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    reason = models.CharField(_("reason"), max_length=300)
    created_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # taken back before its end

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="delegation_ends_after_start"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["delegate", "ends_on"], condition=Q(ended_at=None), name="delegation_running"
            )
        ]

    def __str__(self) -> str:
        return f"{self.delegator_id} → {self.delegate_id} {self.role}"


class DutyShift(models.Model):
    """A turn of the duty roster: whose holder edits or decides urgent items of a subtree (REV-31)."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="duty_shifts")  # top of the subtree
    role = models.CharField(_("role"), max_length=30, choices=StaffRole)
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="duty_shifts")
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    phone = models.CharField(_("telephone on duty"), max_length=40, blank=True)
    created_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_start")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "ends_at"], condition=Q(cancelled_at=None), name="duty_shift_running"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role} {self.starts_at}"
