"""Audit trail, outbox, citizens' inbox, schedule and two-person changes: the tables every room writes to."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act of one person. Never changed, never deleted (REV-03, SEC-11).

    The entry holds a digest of its text; the text itself lies in `AuditText`,
    where a lawful erasure leaves a tombstone that still verifies.
    """

    occurred_at = models.DateTimeField()
    account_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    source_address = models.CharField(max_length=45, blank=True)
    text_digest = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id"]),
            models.Index(fields=["unit_id", "occurred_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type}:{self.subject_id}"


class AuditText(models.Model):
    """What an entry says, as canonical JSON; a trigger allows one change, the erasure."""

    entry = models.OneToOneField(AuditEntry, models.PROTECT, primary_key=True, related_name="text")
    body = models.TextField()
    erased_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"text of entry {self.entry_id}"


class AuditSeal(models.Model):
    """Position of an entry in the chain: SM3 over the previous seal and the entry."""

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=160, blank=True)  # SM2 over the digest, on the last of a batch
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"seal {self.position}"


class OutboxStatus(models.TextChoices):
    """Where a side effect stands."""

    PENDING = "pending", _("waiting")
    RUNNING = "running", _("in progress")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class OutboxPriority(models.IntegerChoices):
    """Lanes of the outbox; the lower number goes first."""

    WITHDRAWAL = 0, _("withdrawal")
    URGENT = 10, _("urgent")
    BULK = 20, _("bulk")


class OutboxMessage(models.Model):
    """A side effect waiting to be carried out: the only truth about it."""

    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    priority = models.SmallIntegerField(choices=OutboxPriority, default=OutboxPriority.URGENT)
    status = models.CharField(max_length=10, choices=OutboxStatus, default=OutboxStatus.PENDING)
    requests = models.IntegerField(default=1)  # how often it was asked for while waiting
    attempts = models.IntegerField(default=0)
    available_at = models.DateTimeField()
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    duration_ms = models.IntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["topic", "key"], condition=Q(status="pending"), name="outbox_one_pending_per_key"
            ),
            models.UniqueConstraint(
                fields=["topic", "key"], condition=Q(status="running"), name="outbox_one_running_per_key"
            ),
        ]
        indexes: ClassVar = [
            # the worker's claim
            models.Index(fields=["priority", "id"], condition=Q(status="pending"), name="outbox_pending"),
            # the worker's sweep for leases that ran out
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="outbox_running"),
            models.Index(fields=["-id"], condition=Q(status="failed"), name="outbox_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.topic}:{self.key}"


class InboxSubmission(models.Model):
    """A citizen's input exactly as the front stored it, sealed for the back office.

    The front may insert rows and nothing else. A row without `processed_at`
    waits; with a `failure` besides, it is tried again at `available_at`. A row
    with both has failed for good and stays until a person has it tried again.
    """

    id = models.UUIDField(primary_key=True)  # made by the citizen's browser: a double click is one row
    topic = models.CharField(max_length=60)
    site_key = models.CharField(max_length=60)
    sealed = models.BinaryField()
    code_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)
    attempts = models.IntegerField(default=0)
    available_at = models.DateTimeField(
        null=True
    )  # not before; while a worker handles it, the end of its lease

    class Meta:
        indexes: ClassVar = [
            # the worker's intake
            models.Index(fields=["received_at"], condition=Q(processed_at=None), name="inbox_unprocessed"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"


class ScheduledJob(models.Model):
    """When a job of the schedule ran and is due again; one row per job."""

    name = models.CharField(max_length=60, primary_key=True)
    next_at = models.DateTimeField()
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    duration_ms = models.IntegerField(null=True)
    last_error = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class ChangeStatus(models.TextChoices):
    """Where a two-person change stands."""

    WAITING = "waiting", _("waits for approval")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class TwoPersonChange(models.Model):
    """A change that one person proposed and another one decides (PROF-05).

    A trigger keeps what was proposed as it is and a decided row from changing.
    """

    topic = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_key = models.CharField(max_length=120)
    title = models.CharField(max_length=300)
    payload = models.JSONField()
    digest = models.CharField(max_length=64)  # SM3 of the payload: what the decider saw
    reason = models.TextField()
    unit_id = models.BigIntegerField(null=True)
    proposer_account_id = models.BigIntegerField()
    proposer_person_id = models.BigIntegerField()
    proposer_name = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=ChangeStatus, default=ChangeStatus.WAITING)
    decider_account_id = models.BigIntegerField(null=True)
    decider_person_id = models.BigIntegerField(null=True)
    decider_name = models.CharField(max_length=60, blank=True)
    opinion = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["topic", "subject_type", "subject_key"],
                condition=Q(status="waiting"),
                name="two_person_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(decider_person_id=None) | ~Q(decider_person_id=F("proposer_person_id")),
                name="two_person_two_persons",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "refused"]) | Q(decider_person_id__isnull=False),
                name="two_person_has_decider",
            ),
        ]
        indexes: ClassVar = [
            # the list of what waits
            models.Index(fields=["-id"], condition=Q(status="waiting"), name="two_person_waiting"),
        ]

    def __str__(self) -> str:
        return self.title


class ScanState(models.TextChoices):
    """What the virus scanner said about a stored file (SEC-06)."""

    NOT_SCANNED = "not_scanned", _("not scanned")
    CLEAN = "clean", _("clean")
    INFECTED = "infected", _("infected")


class PrivateFile(models.Model):
    """A file that only staff may open: a scanned letter, a contract, a rule. Never public.

    The bytes lie in the private store under their SM3; the row says whose they
    are and what for, and the view that serves them asks its purpose's room.
    """

    purpose = models.CharField(max_length=60)  # registered; decides who may open it
    unit_id = models.BigIntegerField(null=True)
    original_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    sm3 = models.CharField(max_length=64)
    account_id = models.BigIntegerField(null=True)  # who brought it
    stored_at = models.DateTimeField()
    key_id = models.CharField(max_length=4, blank=True)  # storage key it lies under; blank: not encrypted
    scan_state = models.CharField(max_length=12, choices=ScanState, default=ScanState.NOT_SCANNED)
    scan_note = models.CharField(max_length=200, blank=True)  # what was found, or why it wasn't scanned
    scanned_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # the rescan
            models.Index(fields=["id"], condition=Q(scan_state="not_scanned"), name="private_file_unscanned"),
            # the rotation of keys
            models.Index(fields=["key_id"], name="private_file_key"),
        ]

    def __str__(self) -> str:
        return self.original_name


class AlarmState(models.TextChoices):
    """Whether somebody still has to look at an alarm."""

    OPEN = "open", _("open")
    OVER = "over", _("over")  # the cause went away by itself or was mended by the platform
    HANDLED = "handled", _("handled")  # a person looked into it


class Alarm(models.Model):
    """Something in hardware, software, data or published files that isn't as it should be (SEC-14).

    One open row per kind and subject: the same thing seen again only counts up.
    """

    kind = models.CharField(max_length=60)  # registered in `alarms.KINDS`
    subject = models.CharField(max_length=400)  # what it is about: a file, a disk, a store
    site_key = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=AlarmState, default=AlarmState.OPEN)
    details = models.JSONField(default=dict)
    times = models.PositiveIntegerField(default=1)
    raised_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    handled_by_person_id = models.BigIntegerField(null=True)
    handling = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(state="open"), name="alarm_open_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-raised_at"], name="alarm_newest")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"
