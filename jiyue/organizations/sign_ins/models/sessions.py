"""Sessions of the staff, what was unusual about them and what a person found out."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.sign_ins.enums import EndReason, FlagKind, FlagResult


class StaffSession(models.Model):
    """One stay in the back office, from both factors to the way out (ORG-13)."""

    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="sessions")
    key_hash = models.CharField(max_length=64, unique=True)  # SM3 of a random key that only the session holds
    device = models.CharField(max_length=64)  # SM3 of the browser's long-lived token
    address = models.CharField(_("address"), max_length=45)
    network = models.CharField(_("network"), max_length=50)  # the address without its last part
    browser = models.CharField(_("browser"), max_length=120)
    started_at = models.DateTimeField(_("signed in at"))
    last_seen_at = models.DateTimeField(_("last used at"))  # to the minute
    idle_minutes = models.PositiveIntegerField()  # as the rules were at the sign-in
    must_end_at = models.DateTimeField()
    ended_at = models.DateTimeField(_("ended at"), null=True)
    end_reason = models.CharField(_("why it ended"), max_length=30, choices=EndReason, blank=True)
    ended_by = models.ForeignKey(StaffAccount, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="session_end_has_reason",
            ),
        ]
        indexes: ClassVar = [
            # who is inside; the sweep for sessions nobody uses any more
            models.Index(fields=["account", "last_seen_at"], condition=Q(ended_at=None), name="session_open"),
            models.Index(fields=["account", "-id"], name="session_list"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.started_at:%Y-%m-%d %H:%M}"


class SignInFlag(models.Model):
    """Something unusual that a person has to look at; its result is a `FlagReview`."""

    kind = models.CharField(_("what is unusual"), max_length=20, choices=FlagKind)
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="sign_in_flags")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    session = models.ForeignKey(StaffSession, models.PROTECT, related_name="flags")
    other_session = models.ForeignKey(StaffSession, models.PROTECT, null=True, related_name="+")
    evidence = models.JSONField(_("evidence"))
    raised_at = models.DateTimeField(_("noticed at"))
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "other_session"],
                condition=Q(kind="concurrent"),
                name="flag_concurrent_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "-id"], condition=Q(is_open=True), name="flag_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account_id}"


class FlagReview(models.Model):
    """What a reviewer found out about a flag. Append-only; never the person's own decision."""

    flag = models.OneToOneField(SignInFlag, models.PROTECT, related_name="review")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")  # the flagged one
    reviewer = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    reviewer_person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    result = models.CharField(_("result"), max_length=20, choices=FlagResult)
    note = models.TextField(_("note"))
    reviewed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(reviewer_person=F("person")), name="flag_reviewed_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flag_id} {self.result}"
