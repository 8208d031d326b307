"""What goes with a case: signed papers, referrals, risk assessments."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.models import PrivateFile
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.review.enums import CONSENT_PAPERS, STAMPED_PAPERS, PaperKind
from jiyue.review.models.cases import ReviewCase


class PaperFiling(models.Model):
    """A signed paper that an office took to its files before the review (REV-08, REV-09, REV-10).

    Nothing on it changes any more; only a reform of units hands it on.
    """

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="paper_filings")  # who submitted it
    filed_by_unit = models.ForeignKey(Organization, models.PROTECT, related_name="papers_filed")
    kind = models.CharField(_("kind"), max_length=30, choices=PaperKind)
    filing_number = models.CharField(_("filing number"), max_length=60)
    title = models.CharField(_("title"), max_length=300)
    signed_by = models.CharField(_("signed by"), max_length=60)
    signed_on = models.DateField(_("signed on"))
    has_stamp = models.BooleanField(_("bears the unit's stamp"), default=False)
    consent_words = models.CharField(_("words of consent on the paper"), max_length=200, blank=True)
    scan = models.ForeignKey(PrivateFile, models.PROTECT, related_name="+")
    filed_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["filed_by_unit", "filing_number"], name="filing_number_once"),
            models.CheckConstraint(
                condition=Q(has_stamp=True) | ~Q(kind__in=STAMPED_PAPERS), name="paper_bears_its_stamp"
            ),
            models.CheckConstraint(
                condition=~Q(consent_words="") | ~Q(kind__in=CONSENT_PAPERS), name="paper_bears_the_consent"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "-id"], name="paper_of_unit")]

    def __str__(self) -> str:
        return f"{self.filing_number} {self.title}"


class CasePaper(models.Model):
    """A paper that a case rests on. Append-only."""

    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="papers")
    filing = models.ForeignKey(PaperFiling, models.PROTECT, related_name="cases")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "filing"], name="paper_once_per_case")
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.filing_id}"


class Referral(models.Model):
    """A case held because it can't be decided here whether its content may be public (REV-15)."""

    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="referrals")
    referred_to = models.CharField(_("referred to"), max_length=100)
    is_secrecy_authority = models.BooleanField(_("the secrecy authority"), default=False)
    question = models.TextField(_("question"))
    opened_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    may_be_public = models.BooleanField(_("may be public"), null=True)  # null while nobody answered
    answer = models.TextField(_("answer"), blank=True)
    answer_number = models.CharField(_("number of the answer"), max_length=60, blank=True)
    answer_file = models.ForeignKey(PrivateFile, models.PROTECT, null=True, related_name="+")
    answered_by = models.ForeignKey(StaffAccount, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(answered_at=None), name="one_open_referral_per_case"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.referred_to}"


class RiskAssessment(models.Model):
    """Risk assessment of a case with sensitive information (REV-16; CQ (三), (十九)). Append-only."""

    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="risk_assessments")
    round = models.PositiveSmallIntegerField()
    risks = models.TextField(_("risks"))
    coordinated_with = models.CharField(_("coordinated with"), max_length=300)
    measures = models.TextField(_("measures"), blank=True)
    may_be_released = models.BooleanField(_("may be released"))
    file = models.ForeignKey(PrivateFile, models.PROTECT, null=True, related_name="+")
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.case_id}: {self.may_be_released}"
