"""Items that came in, and calls that can be repeated without doing anything twice."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiyue.library.enums import AcquisitionMode
from jiyue.library.models import Resource
from jiyue.library.open_intake.enums import ItemState
from jiyue.library.open_intake.models.clients import IntakeClient
from jiyue.organizations.models import Organization, StaffAccount


class IntakeItem(models.Model):
    """One item as it came in, kept as it was, with what became of it (LIB-14)."""

    client = models.ForeignKey(IntakeClient, models.PROTECT, related_name="items", null=True)
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="intake_items")
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")  # in whose name
    mode = models.CharField(max_length=20, choices=AcquisitionMode)
    source_id = models.CharField(max_length=200)  # the system's own number of the item
    title = models.CharField(max_length=300, blank=True)  # for the list; the payload may have none
    fingerprint = models.CharField(max_length=64)
    payload = models.JSONField()
    state = models.CharField(max_length=20, choices=ItemState)
    problems = models.JSONField(default=list)  # of {field, code, message, fix}
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="intake_items", null=True)
    received_at = models.DateTimeField()
    decided_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True)  # the client may read it

    class Meta:
        constraints: ClassVar = [
            # of one source item there is one in the library and one in quarantine at most
            models.UniqueConstraint(
                fields=["client", "source_id"],
                condition=Q(state=ItemState.QUARANTINED) & ~Q(source_id=""),
                name="intake_quarantined_once",
            ),
            models.CheckConstraint(
                condition=~Q(state=ItemState.REFUSED) | ~Q(refusal=""), name="intake_refused_in_words"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ItemState.ACCEPTED, ItemState.DUPLICATE]) | Q(resource__isnull=False),
                name="intake_accepted_is_somewhere",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["client", "source_id", "-id"], name="intake_by_source"),
            models.Index(fields=["unit", "fingerprint"], name="intake_by_text"),
            models.Index(fields=["unit", "state", "-received_at"], name="intake_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}: {self.state}"


class IntakeCall(models.Model):
    """The answer to a call that named an idempotency key: the same call gets it again."""

    client = models.ForeignKey(IntakeClient, models.PROTECT, related_name="calls")
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)  # of the address and the body
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    called_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "key"], name="intake_call_once_per_key")
        ]

    def __str__(self) -> str:
        return self.key
