"""What proves a person: passkeys, recovery codes, former and initial passwords, failed attempts."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, DeviceManager, ThrottlingMixin

from jiyue.organizations.models import StaffAccount

MAX_CREDENTIAL_ID_CHARS = 1_400  # 1,023 bytes, the longest that WebAuthn allows, in base64url


class Passkey(Device):
    """A key in a telephone, a computer or a security key, which asks for finger, face or PIN (SEC-09)."""

    credential_id = models.CharField(max_length=MAX_CREDENTIAL_ID_CHARS, unique=True)  # base64url
    public_key = models.BinaryField()  # COSE
    sign_count = models.PositiveBigIntegerField(
        default=0
    )  # the authenticator's own count; 0 where it has none
    is_synced = models.BooleanField(default=False)  # a copy lives with the maker's account
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    objects: ClassVar["models.Manager[Passkey]"] = DeviceManager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user"], name="passkey_of_account")]

    def __str__(self) -> str:
        return str(self.name)


class RecoverySheet(ThrottlingMixin, Device):
    """The codes a person keeps on paper; a new sheet replaces the old one."""

    created_at = models.DateTimeField()

    objects: ClassVar["models.Manager[RecoverySheet]"] = DeviceManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user"], name="recovery_sheet_one_per_account")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at}"

    def get_throttle_factor(self) -> int:
        """Seconds to wait after the first wrong code; twice as long after each further one."""
        return 1


class RecoveryCode(models.Model):
    """One code of a sheet, as a digest: nobody can read it back."""

    sheet = models.ForeignKey(RecoverySheet, models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "digest"], name="recovery_code_once_per_sheet")
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.pk}"


class FormerPassword(models.Model):
    """The digest of a password that its owner must not take again (SEC-10)."""

    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="former_passwords")
    encoded = models.CharField(max_length=256)
    retired_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "-id"], name="former_password_list")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.retired_at}"


class InitialPassword(models.Model):
    """A password that somebody else handed over: good for one sign-in, in which it is replaced."""

    account = models.OneToOneField(
        StaffAccount, models.PROTECT, primary_key=True, related_name="initial_password"
    )
    issued_by = models.ForeignKey(StaffAccount, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("issued_at")), name="initial_password_ends_after_it_began"
            ),
            models.CheckConstraint(
                condition=~Q(issued_by=F("account")), name="initial_password_from_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.valid_until}"


class AttemptCount(models.Model):
    """Failed sign-ins with one name from one address, or from all addresses together.

    Names and addresses are digests: what is typed into the name field may be a
    password, and a name nobody has must leave no other trace than one somebody has.
    """

    name_digest = models.CharField(max_length=64)
    address_digest = models.CharField(max_length=64, blank=True)  # blank: all addresses together
    failures = models.PositiveIntegerField(_("failures"), default=0)
    last_failed_at = models.DateTimeField(null=True)
    wait_until = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)  # an address the person is known to use

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name_digest", "address_digest"], name="attempt_count_once")
        ]
        indexes: ClassVar = [
            # the daily clean-up
            models.Index(fields=["last_failed_at"], name="attempt_count_old")
        ]

    def __str__(self) -> str:
        return f"{self.name_digest[:8]} {self.failures}"
