"""A task and everything that was said about it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.models import PrivateFile
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.base import LONG


class TaskKind(models.TextChoices):
    """What is asked for."""

    PROVISION = "provision", _("providing information")
    INTERPRETATION = "interpretation", _("interpreting a policy")
    RESPONSE = "response", _("responding to a concern")
    OPINION = "opinion", _("handling public opinion")
    SECRECY_REVIEW = "secrecy_review", _("secrecy review")
    RISK_ASSESSMENT = "risk_assessment", _("risk assessment")


class TaskStatus(models.TextChoices):
    """Where a task stands."""

    ASSIGNED = "assigned", _("waits for acceptance")
    ACCEPTED = "accepted", _("accepted, in work")
    DELIVERED = "delivered", _("delivered")
    WITHDRAWN = "withdrawn", _("withdrawn by the office")


OPEN_STATUSES = frozenset({TaskStatus.ASSIGNED, TaskStatus.ACCEPTED})


class TaskVerb(models.TextChoices):
    """What somebody did with a task."""

    ASSIGN = "assign", _("assigned the task")
    ACCEPT = "accept", _("accepted the task")
    ASK_DATE = "ask_date", _("asked for another date")
    GRANT_DATE = "grant_date", _("agreed to the other date")
    REFUSE_DATE = "refuse_date", _("kept the date")
    DELIVER = "deliver", _("delivered")
    HAND_BACK = "hand_back", _("handed the delivery back")
    WITHDRAW = "withdraw", _("withdrew the task")


class ContentTask(models.Model):
    """One task of one unit, given by the office of another one or its own."""

    office = models.ForeignKey(
        Organization, models.PROTECT, related_name="assigned_tasks", verbose_name=_("coordinating office")
    )
    unit = models.ForeignKey(
        Organization, models.PROTECT, related_name="content_tasks", verbose_name=_("unit")
    )
    kind = models.CharField(_("kind of task"), max_length=20, choices=TaskKind)
    topic = models.CharField(_("topic"), max_length=200)
    details = models.CharField(_("details"), max_length=LONG, blank=True)
    meeting = models.ForeignKey(
        "registers.CoordinationMeeting",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("decided at the meeting"),
    )
    due_at = models.DateTimeField(_("due"))
    wanted_due_at = models.DateTimeField(_("wanted date"), null=True, blank=True)  # asked for, not decided
    status = models.CharField(_("status"), max_length=10, choices=TaskStatus, default=TaskStatus.ASSIGNED)
    assigned_at = models.DateTimeField(_("assigned"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["unit", "-id"]),
            models.Index(fields=["office", "-id"]),
            # the list of what is late
            models.Index(
                fields=["due_at"], condition=Q(status__in=["assigned", "accepted"]), name="content_task_open"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(status="delivered") | Q(accepted_at__isnull=False, delivered_at__isnull=False),
                name="content_task_accepted_before_delivered",
            ),
        ]

    def __str__(self) -> str:
        return self.topic

    @property
    def is_open(self) -> bool:
        """Whether the unit still owes it."""
        return self.status in OPEN_STATUSES


class ContentTaskEvent(models.Model):
    """One act with one task. Append-only."""

    task = models.ForeignKey(ContentTask, models.PROTECT, related_name="events")
    verb = models.CharField(max_length=20, choices=TaskVerb)
    person_name = models.CharField(max_length=60)
    unit_name = models.CharField(max_length=100)
    note = models.CharField(max_length=LONG, blank=True)
    link = models.URLField(max_length=500, blank=True)
    file = models.OneToOneField(PrivateFile, models.PROTECT, null=True, related_name="content_task_event")
    due_at = models.DateTimeField(null=True)  # the date asked for or set
    happened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.task_id} {self.verb}"
