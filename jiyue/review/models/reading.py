"""Which items of a batch a reviewer opened: the evidence of the spot check."""

from typing import ClassVar

from django.db import models

from jiyue.organizations.models import Person, StaffAccount
from jiyue.review.models.cases import CaseItem, ReviewStep


class ItemReading(models.Model):
    """One item of a batch that a person opened while they could decide a step. Append-only."""

    step = models.ForeignKey(ReviewStep, models.PROTECT, related_name="readings")
    item = models.ForeignKey(CaseItem, models.PROTECT, related_name="readings")
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["step", "item", "person"], name="item_reading_once")
        ]

    def __str__(self) -> str:
        return f"{self.step_id}: {self.item_id} by {self.person_id}"
