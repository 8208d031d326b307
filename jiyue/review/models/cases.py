"""Cases: one passage of pinned states through the levels of a route."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.review.enums import Authority, CaseForm, CaseStatus, ReviewVerb, SortOfContent, StepStatus


class ReviewCase(models.Model):
    """One manifest of pinned items on its way; a batch case is a case of many items."""

    subject_type = models.CharField(max_length=40)
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="review_cases")
    title = models.CharField(_("title"), max_length=300)
    item_count = models.PositiveIntegerField()
    manifest_digest = models.CharField(max_length=64)  # SM3 over the digests of the items
    form = models.CharField(max_length=10, choices=CaseForm, default=CaseForm.SINGLE)
    sort = models.CharField(max_length=30, choices=SortOfContent, default=SortOfContent.GENERAL)
    route_key = models.CharField(max_length=60)
    route_json = models.JSONField()  # the route as it was when the case was opened; see routing.Route
    round = models.PositiveSmallIntegerField(default=1)  # grows when a change during review voids approvals
    is_major = models.BooleanField(default=False)
    major_reasons = models.JSONField(default=list)  # why: by hand, or the rules that matched
    is_urgent = models.BooleanField(default=False)
    urgent_reason = models.CharField(max_length=300, blank=True)
    is_sensitive = models.BooleanField(default=False)  # needs a risk assessment before release (REV-16)
    status = models.CharField(max_length=10, choices=CaseStatus, default=CaseStatus.OPEN)
    submitter = models.ForeignKey(StaffAccount, models.PROTECT, related_name="submitted_cases")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["unit", "status", "-id"])]

    def __str__(self) -> str:
        return self.title

    @property
    def is_batch(self) -> bool:
        """Whether one decision covers many items, which then go out one by one."""
        return self.form == CaseForm.BATCH


class CaseItem(models.Model):
    """One pinned state in a case's manifest."""

    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    subject_type = models.CharField(max_length=40)
    subject_key = models.CharField(max_length=40)
    pin = models.CharField(max_length=40)  # which immutable state of the subject
    title = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    is_open = models.BooleanField(default=True)
    released_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True)  # why this approved item was handed back instead of released

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "position"], name="case_item_position_once"),
            models.UniqueConstraint(
                fields=["subject_type", "subject_key"],
                condition=Q(is_open=True),
                name="subject_in_one_open_case",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_key", "-id"])]

    def __str__(self) -> str:
        return self.title


class CaseAuthor(models.Model):
    """A person who wrote or changed what the case pins; a trigger keeps them from deciding."""

    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="authors")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "person"], name="case_author_once")]

    def __str__(self) -> str:
        return str(self.person)


class ReviewStep(models.Model):
    """One level of the route, as it was when the case was opened."""

    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="steps")
    round = models.PositiveSmallIntegerField(default=1)
    level = models.PositiveSmallIntegerField()
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="review_steps")  # whose people decide
    label = models.CharField(max_length=100, blank=True)  # what the route calls this level
    gates = models.JSONField(default=list)  # names of the gates to be signed here (REV-13)
    needs_secrecy_review = models.BooleanField(default=False)  # REV-14
    role = models.CharField(max_length=30, choices=StaffRole)
    status = models.CharField(max_length=10, choices=StepStatus, default=StepStatus.WAITING)
    opened_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "round", "level"], name="review_step_level_once"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(status="open"), name="one_open_step_per_case"
            ),
        ]
        indexes: ClassVar = [
            # the reviewer's to-do list
            models.Index(fields=["unit", "role"], condition=Q(status="open"), name="review_step_open"),
        ]
        ordering: ClassVar = ["round", "level"]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.level} {self.role}"


class ReviewAction(models.Model):
    """What one person did in a case. Append-only (REV-03)."""

    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="actions")
    step = models.ForeignKey(ReviewStep, models.PROTECT, related_name="actions", null=True)
    verb = models.CharField(max_length=10, choices=ReviewVerb)
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    authority = models.CharField(max_length=10, choices=Authority, default=Authority.ROLE)
    on_behalf_of = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    opinion = models.TextField(blank=True)
    record_json = models.JSONField(default=dict)  # gates signed, secrecy opinion, spot checks, changed pins
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            # three levels are three different people (REV-01)
            models.UniqueConstraint(
                fields=["case", "round", "person"],
                condition=Q(verb="approve"),
                name="one_approval_per_person",
            ),
            models.CheckConstraint(
                condition=~Q(verb="return") | ~Q(opinion=""), name="return_carries_a_reason"
            ),
        ]
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.verb} by {self.person_id}"
