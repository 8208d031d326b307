"""The table of years: versions that are only ever added to."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.policy.work_calendar.days import DayKind, PlanStatus


class CalendarVersion(models.Model):
    """One state of one year; the highest number is in force. Append-only.

    Without a person it is what the program brought along; a version approved
    by two persons is never replaced by that.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("version"))  # counts up per year, from 1
    status = models.CharField(_("status"), max_length=12, choices=PlanStatus)
    source = models.CharField(_("source document"), max_length=200)
    digest = models.CharField(max_length=64)  # SM3 of everything the version says
    change_id = models.BigIntegerField(null=True, unique=True)  # the two-person change that brought it
    proposer_name = models.CharField(_("proposed by"), max_length=60, blank=True)
    approver_name = models.CharField(_("approved by"), max_length=60, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "number"], name="calendar_one_version"),
            models.CheckConstraint(condition=Q(number__gte=1), name="calendar_number_from_one"),
            models.CheckConstraint(condition=~Q(source=""), name="calendar_names_its_source"),
        ]

    def __str__(self) -> str:
        return f"{self.year} v{self.number}"


class CalendarDay(models.Model):
    """One day that a version marks: a holiday or a make-up working day. Append-only."""

    version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="days")
    on = models.DateField(_("day"))
    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=[(kind.value, kind.label) for kind in (DayKind.HOLIDAY, DayKind.MAKEUP)],
    )
    name = models.CharField(_("name"), max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "on"], name="calendar_one_mark_per_day"),
            models.CheckConstraint(
                condition=Q(kind__in=[DayKind.HOLIDAY, DayKind.MAKEUP]), name="calendar_mark_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.kind}"
