"""People, what they do for which unit, and the filings when that changes."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import Employment, StaffRole
from jiyue.organizations.models.units import Organization


class Person(models.Model):
    """One identified human being; rules about people compare persons, not accounts."""

    name = models.CharField(_("name"), max_length=60)
    employee_number = models.CharField(
        _("employee number"), max_length=40, null=True, blank=True, unique=True
    )  # tells namesakes apart
    employment = models.CharField(
        _("employment"), max_length=20, choices=Employment, default=Employment.PERMANENT
    )
    contract_id = models.BigIntegerField(null=True, blank=True)  # outsourcing contract of a contractor
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)

    def __str__(self) -> str:
        return self.name


class UnitRole(models.Model):
    """A person's role in a unit, from the start day up to and including the end day.

    The register of responsible persons (ORG-05) is the list of these rows.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="roles")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="roles")
    role = models.CharField(_("role"), max_length=30, choices=StaffRole)
    section = models.CharField(_("responsible section"), max_length=60, blank=True)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "unit", "role", "starts_on"], name="unit_role_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="unit_role_ends_after_start"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "role"], name="unit_role_by_unit")]

    def __str__(self) -> str:
        return f"{self.person} {self.role} {self.unit}"

    def is_active_on(self, day: date) -> bool:
        """Tell whether the role holds on `day`."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class PersonnelChangeFiling(models.Model):
    """Notice that a responsible person left a role and who follows (ORG-07)."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="personnel_changes")
    ended_role = models.OneToOneField(UnitRole, models.PROTECT, null=True, related_name="change_filing")
    role = models.CharField(_("role"), max_length=30, choices=StaffRole)
    outgoing = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("outgoing person"))
    successor = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("successor")
    )
    changed_on = models.DateField(_("date of the change"))  # the last day in the role
    filed_with = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+", verbose_name=_("filed with")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    filed_by_account_id = models.BigIntegerField(null=True)
    filed_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)  # when the successor was filed
    suspended_at = models.DateTimeField(null=True)  # when the outgoing person's accounts were locked

    class Meta:
        indexes: ClassVar = [
            # the nightly look for last days that have passed
            models.Index(
                fields=["changed_on"], condition=Q(suspended_at=None), name="personnel_change_unlocked"
            ),
            # the list of roles without a successor
            models.Index(fields=["unit"], condition=Q(completed_at=None), name="personnel_change_open"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.unit_id} {self.changed_on}"
