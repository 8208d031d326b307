"""Units, people, their roles and their accounts."""

from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.audit import AuditActor
from jiyue.organizations.enums import StaffRole, UnitKind, UnitLevel


class Organization(models.Model):
    """A government body on the platform (ORG-01)."""

    code = models.CharField(_("unit code"), max_length=18, unique=True)  # heads the unit's index numbers
    name = models.CharField(_("name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    level = models.CharField(_("level"), max_length=30, choices=UnitLevel)
    kind = models.CharField(_("kind"), max_length=30, choices=UnitKind)
    superior = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="subordinates",
        verbose_name=_("superior unit"),
    )

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """One identified human being; rules about people compare persons, not accounts."""

    name = models.CharField(_("name"), max_length=60)

    def __str__(self) -> str:
        return self.name


class UnitRole(models.Model):
    """A person's role in a unit, from the start day up to and including the end day."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="roles")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="roles")
    role = models.CharField(_("role"), max_length=30, choices=StaffRole)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "unit", "role", "starts_on"], name="unit_role_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="unit_role_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.role} {self.unit}"

    def is_active_on(self, day: date) -> bool:
        """Tell whether the role holds on `day`."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class StaffAccountManager(BaseUserManager["StaffAccount"]):
    """Accounts are looked up by login name."""


class StaffAccount(AbstractBaseUser):
    """A personal account of one person in one unit (ORG-08)."""

    login_name = models.CharField(_("login name"), max_length=40, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="accounts")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="accounts")
    is_active = models.BooleanField(_("active"), default=True)

    objects: ClassVar = StaffAccountManager()

    USERNAME_FIELD = "login_name"
    REQUIRED_FIELDS: ClassVar = []

    def __str__(self) -> str:
        return f"{self.person.name} ({self.login_name})"

    def get_full_name(self) -> str:
        """The person's name, as the staff shell shows it."""
        return self.person.name

    def get_short_name(self) -> str:
        """The person's name, as the staff shell shows it."""
        return self.person.name

    def audit_actor(self, source_address: str = "") -> AuditActor:
        """This account as the audit trail records it."""
        return AuditActor(
            account_id=self.pk,
            person_id=self.person_id,
            person_name=self.person.name,
            unit_id=self.unit_id,
            unit_name=self.unit.name,
            source_address=source_address,
        )

    # The staff shell asks for Django permissions; the platform knows roles
    # only. Entering the shell is the one permission that exists.
    @property
    def is_superuser(self) -> bool:
        """Nobody stands above the rules."""
        return False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Allow entering the staff shell, nothing else."""
        return self.is_active and perm == "wagtailadmin.access_admin"

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        """Allow only if every permission is allowed."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """No module is open by itself."""
        return False
