"""Training: plans and sessions, who attended, skills tests, and good practice.

Source: GL 七(三)1; GL 八(一)3; CQ (二十一) (ORG-19).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.organizations.registers.base import LONG, NamedPerson, Register, RegisterEntry, add
from jiyue.organizations.registers.sums import exact


class TrainingKind(models.TextChoices):
    """What a session is about."""

    SECURITY = "security", _("security education")
    TECHNICAL = "technical", _("technical training")
    CONTENT = "content", _("editing and content")
    SKILLS_TEST = "skills_test", _("skills test")


class Attendance(models.TextChoices):
    """What became of a participant."""

    ATTENDED = "attended", _("attended")
    ABSENT = "absent", _("absent")
    PASSED = "passed", _("passed the test")
    FAILED = "failed", _("failed the test")


class TrainingSession(RegisterEntry):
    """One session: planned for a day, and held on one."""

    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("kind of training"), max_length=20, choices=TrainingKind)
    planned_on = models.DateField(_("planned for"))
    held_on = models.DateField(_("held on"), null=True, blank=True)
    hours = models.DecimalField(
        _("hours"), max_digits=5, decimal_places=1, default=Decimal("0.0"), validators=[MinValueValidator(0)]
    )
    trainer = models.CharField(_("trainer"), max_length=60, blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True)
    content = models.CharField(_("content"), max_length=LONG, blank=True)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("training session")

    def __str__(self) -> str:
        return self.title


class Participant(NamedPerson, RegisterEntry):
    """One person in one session."""

    session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="participants", verbose_name=_("session")
    )
    attendance = models.CharField(
        _("attendance"), max_length=10, choices=Attendance, default=Attendance.ATTENDED
    )
    score = models.DecimalField(
        _("score"),
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1000)],
    )

    class Meta(RegisterEntry.Meta):
        verbose_name = _("participant")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "name", "employee_number"],
                condition=Q(struck_at=None),
                name="participant_once_per_session",
            )
        ]

    def __str__(self) -> str:
        return self.name


class PracticeNote(RegisterEntry):
    """A pilot or a good practice worth passing on."""

    title = models.CharField(_("title"), max_length=200)
    noted_on = models.DateField(_("day"))
    origin = models.CharField(_("where it comes from"), max_length=120, blank=True)
    text = models.CharField(_("what can be learnt"), max_length=LONG)
    is_pilot = models.BooleanField(_("pilot"), default=False)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("good-practice note")

    def __str__(self) -> str:
        return self.title


@dataclass(frozen=True)
class TrainingTotals:
    """What a year's training came to.

    Attributes:
        planned: Sessions planned for the year.
        held: Sessions held in the year.
        held_by_kind: The same by kind.
        hours: Hours of the sessions held.
        attendances: Participants who came, each session counted.
        tests_passed: Participants who passed a skills test.
        tests_failed: Participants who failed one.
        notes: Pilots and good-practice notes.
    """

    planned: int
    held: int
    held_by_kind: dict[str, int]
    hours: Decimal
    attendances: int
    tests_passed: int
    tests_failed: int
    notes: int


def get_training_totals(unit_ids: Collection[int], year: int) -> TrainingTotals:
    """Totals of a calendar year for the annual report.

    Source: CQ (二十一); GL 七(三)1; GL 八(一)3 (ORG-19).
    """
    sessions = TrainingSession.objects.filter(unit__in=unit_ids, struck_at=None)
    held = sessions.filter(held_on__year=year)
    results = dict(
        Participant.objects.filter(session__in=held, struck_at=None)
        .values_list("attendance")
        .annotate(Count("pk"))
    )
    return TrainingTotals(
        planned=sessions.filter(planned_on__year=year).count(),
        held=held.count(),
        held_by_kind=dict(held.values_list("kind").annotate(Count("pk"))),
        hours=exact(held.aggregate(sum=Sum("hours"))["sum"], places=1),
        attendances=sum(number for result, number in results.items() if result != Attendance.ABSENT),
        tests_passed=results.get(Attendance.PASSED, 0),
        tests_failed=results.get(Attendance.FAILED, 0),
        notes=PracticeNote.objects.filter(unit__in=unit_ids, struck_at=None, noted_on__year=year).count(),
    )


def _session_refusals(session: TrainingSession) -> Iterator[DomainError]:
    if session.held_on and session.held_on > clock.today():
        yield DomainError(
            _("The day it was held lies in the future."),
            fix=_("Leave it empty until then; the planned day is enough."),
            field="held_on",
        )


def _session_findings(session: TrainingSession) -> Iterator[str]:
    if session.held_on and not session.participants.filter(struck_at=None).exists():
        yield gettext("It isn't said who attended. Enter the participants.")
    if not session.held_on and session.planned_on < clock.today():
        yield gettext("The planned day is past. Enter when it was held, or plan it anew.")


def _participant_refusals(participant: Participant) -> Iterator[DomainError]:
    is_result = participant.attendance in (Attendance.PASSED, Attendance.FAILED)
    if is_result and participant.session.kind != TrainingKind.SKILLS_TEST:
        yield DomainError(
            _("Only a skills test is passed or failed."),
            fix=_("Choose “attended”, or enter the session as a skills test."),
            field="attendance",
        )
    if participant.session.held_on is None and participant.attendance != Attendance.ABSENT:
        yield DomainError(
            _("The session wasn't held yet."),
            fix=_("Enter the day it was held first."),
            field="attendance",
        )


_CLAUSE = "GL 七(三)1; GL 八(一)3; CQ (二十一)"
add(
    Register(
        key="trainings",
        label=_("Training"),
        entry_label=_("session"),
        model=TrainingSession,
        fields=("title", "kind", "planned_on", "held_on", "hours", "trainer", "place", "content"),
        list_fields=("title", "kind", "planned_on", "held_on", "hours", "trainer"),
        name_field="title",
        clause=_CLAUSE,
        help=_("Planned and held sessions; a plan is a session that wasn't held yet."),
        has_files=True,
        total_fields=("hours",),
        group_field="kind",
        year_field="planned_on",
        refusals=_session_refusals,
        findings=_session_findings,
    )
)
add(
    Register(
        key="participants",
        label=_("Participants of training"),
        entry_label=_("participant"),
        model=Participant,
        fields=("name", "employee_number", "attendance", "score"),
        list_fields=("name", "session", "attendance", "score"),
        name_field="name",
        clause=_CLAUSE,
        help=_("Who attended, and the results of skills tests."),
        parent="session",
        is_top_level=False,
        refusals=_participant_refusals,
    )
)
add(
    Register(
        key="practices",
        label=_("Good practice"),
        entry_label=_("note"),
        model=PracticeNote,
        fields=("title", "noted_on", "origin", "is_pilot", "text"),
        list_fields=("title", "noted_on", "origin", "is_pilot"),
        name_field="title",
        clause="CQ (二十一)意见",
        help=_("Pilots and good practice of the own and other places."),
        has_files=True,
        year_field="noted_on",
    )
)
