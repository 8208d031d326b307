"""Personal accounts, how they are asked for and how an idle one comes back."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from jiyue.core.audit import AuditActor
from jiyue.core.models import PrivateFile
from jiyue.organizations.enums import AccountStatus, ApplicationStatus
from jiyue.organizations.models.people import Person
from jiyue.organizations.models.units import Organization


class StaffAccountManager(BaseUserManager["StaffAccount"]):
    """Accounts are looked up by login name."""


class StaffAccount(AbstractBaseUser):  # type: ignore[django-manager-missing]  # django-otp has no types
    """A personal account of one person in one unit (ORG-08)."""

    login_name = models.CharField(_("login name"), max_length=40, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="accounts")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="accounts")
    status = models.CharField(_("status"), max_length=10, choices=AccountStatus, default=AccountStatus.ACTIVE)
    status_reason = models.CharField(_("reason"), max_length=300, blank=True)
    status_since = models.DateTimeField(_("since"), null=True)
    opened_at = models.DateTimeField(_("opened at"), null=True)
    last_seen_on = models.DateField(_("last signed in on"), null=True)  # idle days count from here
    password_set_at = models.DateTimeField(null=True)
    must_change_password = models.BooleanField(default=False)
    password_change_due_at = models.DateTimeField(null=True)  # drawn at random after each change (SEC-10)
    session_epoch = models.PositiveIntegerField(default=0)  # one more ends every session of the account

    objects: ClassVar = StaffAccountManager()

    USERNAME_FIELD = "login_name"
    REQUIRED_FIELDS: ClassVar = []

    class Meta:
        indexes: ClassVar = [
            # the daily look for accounts nobody uses
            models.Index(fields=["last_seen_on"], condition=Q(status="active"), name="account_idle"),
        ]

    def __str__(self) -> str:
        return f"{self.person.name} ({self.login_name})"

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # a field of Django's class
        """Whether it may sign in."""
        return self.status == AccountStatus.ACTIVE

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session carries: it ends with the password and with the epoch."""
        salt = "jiyue.organizations.StaffAccount.session"
        text = f"{self.password}/{self.session_epoch}"
        return salted_hmac(salt, text, secret=secret, algorithm="sha256").hexdigest()

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


class AccountApplication(models.Model):
    """A stated need for an account, which another person approves (ORG-08, ORG-10)."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="account_applications")
    person = models.ForeignKey(Person, models.PROTECT, related_name="account_applications")
    login_name = models.CharField(_("login name"), max_length=40)
    roles = models.JSONField(_("roles"))  # names of StaffRole, asked for in the unit
    need = models.TextField(_("need"))
    letter = models.ForeignKey(
        PrivateFile,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written application"),
    )
    is_as_of_course = models.BooleanField(default=False)  # the profile asks this unit for no letter
    status = models.CharField(
        _("status"), max_length=10, choices=ApplicationStatus, default=ApplicationStatus.WAITING
    )
    applied_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    applied_at = models.DateTimeField()
    decided_by = models.ForeignKey(StaffAccount, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    opinion = models.TextField(_("opinion"), blank=True)
    account = models.OneToOneField(StaffAccount, models.PROTECT, null=True, related_name="application")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["login_name"], condition=Q(status="waiting"), name="application_login_name_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit"], condition=Q(status="waiting"), name="application_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.login_name} {self.status}"


class IdleExplanation(models.Model):
    """Why a disabled account was not used, and the promise to use it (ORG-12)."""

    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="explanations")
    letter = models.ForeignKey(
        PrivateFile, models.PROTECT, related_name="+", verbose_name=_("written explanation")
    )
    commitment = models.TextField(_("commitment"))
    filed_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()
    status = models.CharField(
        _("status"), max_length=10, choices=ApplicationStatus, default=ApplicationStatus.WAITING
    )
    decided_by = models.ForeignKey(StaffAccount, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    opinion = models.TextField(_("opinion"), blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(status="waiting"), name="idle_explanation_one_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.status}"
