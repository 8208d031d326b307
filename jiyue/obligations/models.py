"""Who owes what by when, and what has happened to it since."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.obligations.enums import EventVerb, ObligationStatus
from jiyue.organizations.models import Organization, Person
from jiyue.policy.terms import TermUnit

IS_OPEN = Q(status=ObligationStatus.OPEN)


class Obligation(models.Model):
    """One running or stopped clock.

    The term, its origin and its version are those of the start: a changed
    profile doesn't touch them (PROF-05), and a trigger keeps them. A changed
    calendar moves `due_at` of open rows; a closed row never changes.
    """

    kind = models.CharField(_("kind"), max_length=60)
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="obligations", verbose_name=_("unit"))
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="obligations",
        verbose_name=_("person who owes it"),
    )
    subject_type = models.CharField(max_length=60)
    subject_key = models.CharField(max_length=120)
    title = models.CharField(_("what is to be done"), max_length=300)
    path = models.CharField(max_length=300, blank=True)  # page of the back office where it is done
    clause = models.CharField(_("clause"), max_length=200)
    opened_at = models.DateTimeField(_("clock started"))
    due_at = models.DateTimeField(_("due"))
    working = models.JSONField(default=dict)  # how `due_at` was computed; {} where somebody set it
    term_number = models.PositiveIntegerField(null=True)  # null where somebody set the date
    term_unit = models.CharField(max_length=20, choices=TermUnit, blank=True)
    policy_origin = models.CharField(max_length=40, blank=True)
    policy_version = models.PositiveIntegerField(null=True)
    is_provisional = models.BooleanField(default=False)  # reaches into a year not yet published
    needs_recomputing = models.BooleanField(default=False)  # the calendar changed; the sweep does it
    status = models.CharField(
        _("status"), max_length=10, choices=ObligationStatus, default=ObligationStatus.OPEN
    )
    closed_at = models.DateTimeField(_("clock stopped"), null=True)
    is_late = models.BooleanField(default=False)  # when it was closed, the due moment had passed
    late_number = models.PositiveIntegerField(null=True)
    late_unit = models.CharField(max_length=20, choices=TermUnit, blank=True)
    reason = models.TextField(_("reason"), blank=True)  # why it is excused or no longer owed
    excused_by_person_id = models.BigIntegerField(null=True)
    plan = models.JSONField(default=list)  # steps in order: [["ahead:3:working_days", epoch seconds], …]
    steps_taken = models.PositiveSmallIntegerField(default=0)
    escalation_level = models.PositiveSmallIntegerField(default=0)
    next_step_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_key"],
                condition=IS_OPEN,
                name="obligation_one_open",
            ),
            models.CheckConstraint(
                condition=Q(IS_OPEN, closed_at=None) | Q(~IS_OPEN, closed_at__gte=F("opened_at")),
                name="obligation_closed_after_opened",
            ),
            models.CheckConstraint(
                condition=~Q(status=ObligationStatus.EXCUSED)
                | (Q(excused_by_person_id__isnull=False) & ~Q(reason="")),
                name="obligation_excuse_has_approver",
            ),
            models.CheckConstraint(
                condition=Q(person=None)
                | Q(excused_by_person_id=None)
                | ~Q(excused_by_person_id=F("person_id")),
                name="obligation_excuse_not_by_owner",
            ),
            models.CheckConstraint(
                condition=Q(term_number=None, term_unit="")
                | (Q(term_number__isnull=False) & ~Q(term_unit="")),
                name="obligation_term_complete",
            ),
            models.CheckConstraint(condition=Q(next_step_at=None) | IS_OPEN, name="obligation_steps_if_open"),
        ]
        indexes: ClassVar = [
            # the sweep
            models.Index(
                fields=["next_step_at", "id"],
                condition=Q(next_step_at__isnull=False),  # a comparison proves it, whatever is bound
                name="obligation_next_step",
            ),
            models.Index(fields=["id"], condition=Q(needs_recomputing=True), name="obligation_recompute"),
            # the lists of a person, a unit and the platform
            models.Index(fields=["person", "due_at", "id"], condition=IS_OPEN, name="obligation_of_person"),
            models.Index(fields=["unit", "due_at", "id"], condition=IS_OPEN, name="obligation_of_unit"),
            models.Index(fields=["due_at", "id"], condition=IS_OPEN, name="obligation_open"),
            # the evidence by unit and period
            models.Index(fields=["unit", "due_at", "kind", "status", "is_late"], name="obligation_evidence"),
            models.Index(fields=["kind", "subject_type", "subject_key"], name="obligation_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type}:{self.subject_key}"

    @property
    def is_open(self) -> bool:
        """Whether the clock runs."""
        return self.status == ObligationStatus.OPEN


class ObligationEvent(models.Model):
    """One thing that happened to a clock. Append-only."""

    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="events")
    verb = models.CharField(max_length=20, choices=EventVerb)
    occurred_at = models.DateTimeField()
    step = models.CharField(max_length=40, blank=True)  # of a reminder or an escalation; each happens once
    person_id = models.BigIntegerField(null=True)  # who acted; null for the platform
    person_name = models.CharField(max_length=60, blank=True)
    note = models.TextField(blank=True)
    old_due_at = models.DateTimeField(null=True)
    new_due_at = models.DateTimeField(null=True)
    told = models.PositiveSmallIntegerField(null=True)  # how many people a step reached

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["obligation", "step"], condition=~Q(step=""), name="obligation_step_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.obligation_id}"
