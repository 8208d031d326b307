"""Work of the publisher that people follow: batches with their steps, planned releases, measured times."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.models import OutboxPriority
from jiyue.library.models import Edition
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.models import Placement
from jiyue.publishing.work.enums import BatchKind, BatchState, PlanState, StepState
from jiyue.review.models import ReviewCase
from jiyue.sites.models import Site


class PublishingBatch(models.Model):
    """Many pages written for one reason; the workers carry it out step by step.

    How far it is follows from its steps, or from the items of its case: no
    counter can go wrong, however often a step is begun.
    """

    kind = models.CharField(max_length=10, choices=BatchKind)
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    case = models.OneToOneField(ReviewCase, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.OPEN)
    asked_by = models.ForeignKey(StaffAccount, models.PROTECT, null=True, related_name="+")  # null: platform
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)  # why it was cancelled

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind=BatchKind.RELEASE, case__isnull=False, site__isnull=True)
                | (~Q(kind=BatchKind.RELEASE) & Q(case__isnull=True, site__isnull=False)),
                name="batch_has_site_or_case",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "paused"], finished_at=None)
                | Q(state__in=["done", "cancelled"], finished_at__isnull=False),
                name="batch_finished_at",
            ),
        ]
        indexes: ClassVar = [
            # the board and the watch over batches
            models.Index(fields=["-id"], condition=Q(finished_at=None), name="batch_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.site_id or self.case_id}"


class BatchStep(models.Model):
    """One piece of a batch: something the publisher can be asked for, and how many pages it is."""

    batch = models.ForeignKey(PublishingBatch, models.CASCADE, related_name="steps")
    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    priority = models.SmallIntegerField(choices=OutboxPriority)
    state = models.CharField(max_length=10, choices=StepState, default=StepState.WAITING)
    pages = models.PositiveIntegerField()  # as planned; a page may come or go meanwhile
    failed_pages = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "topic", "key"], name="batch_step_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["batch", "id"], condition=Q(state="waiting"), name="batch_step_waiting"),
            models.Index(fields=["batch", "-finished_at"], name="batch_step_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.topic}:{self.key}"


class StepFailure(models.Model):
    """A page of a step that couldn't be written, or the whole step; gone when it is tried again."""

    step = models.ForeignKey(BatchStep, models.CASCADE, related_name="failures")
    placement = models.ForeignKey(Placement, models.PROTECT, null=True, related_name="+")
    reason = models.TextField()
    failed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.step_id}: {self.reason[:60]}"


class PlannedRelease(models.Model):
    """The second at which an approved case goes out, all its items together (REV-29: never before)."""

    case = models.OneToOneField(ReviewCase, models.PROTECT, primary_key=True, related_name="planned_release")
    release_at = models.DateTimeField(_("goes out at"))
    state = models.CharField(max_length=10, choices=PlanState, default=PlanState.PLANNED)
    planned_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)  # why it was cancelled or couldn't go out

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="planned", ended_at=None)
                | (~Q(state="planned") & Q(ended_at__isnull=False)),
                name="planned_release_ended_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="released") | Q(ended_at__gte=F("release_at")),
                name="planned_release_not_early",
            ),
        ]
        indexes: ClassVar = [
            # the watch over what is due
            models.Index(fields=["release_at"], condition=Q(state="planned"), name="planned_release_due"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.release_at:%Y-%m-%d %H:%M:%S}"


class PublicationTime(models.Model):
    """How long one release took from the approval until every page and the index showed it."""

    edition = models.OneToOneField(Edition, models.PROTECT, primary_key=True, related_name="+")
    lane = models.SmallIntegerField(choices=OutboxPriority)
    released_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            # percentiles of the last hours
            models.Index(fields=["live_at"], condition=Q(lane=10), name="publication_time_urgent"),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id}: {self.duration_ms} ms"
