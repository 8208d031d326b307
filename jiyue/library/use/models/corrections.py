"""Errors in published items, and dates that changed between editions. All of it append-only."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiyue.library.models import Edition, Resource
from jiyue.library.use.enums import ErrorKind, Finder
from jiyue.organizations.models import Person, StaffAccount


class CorrectionRecord(models.Model):
    """What was wrong with a published item, who found it and when (REV-30)."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="corrections")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")  # the faulty one
    kind = models.CharField(_("kind of error"), max_length=20, choices=ErrorKind)
    error = models.TextField(_("what is wrong"))
    finder = models.CharField(_("found by"), max_length=20, choices=Finder)
    reference = models.CharField(_("number of the report or order"), max_length=100, blank=True)
    found_at = models.DateTimeField(_("found at"))
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.resource_id}: {self.kind}"


class CorrectionFix(models.Model):
    """The edition that mended it: its release is the time of the fix."""

    record = models.OneToOneField(CorrectionRecord, models.PROTECT, primary_key=True, related_name="fix")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    fixed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.record_id}: {self.edition_id}"


class DateChange(models.Model):
    """A displayed date that a later edition shows otherwise than the one before (REV-29)."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="date_changes")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")  # the one that shows the new date
    field = models.CharField(max_length=40)
    before = models.DateField(null=True)
    after = models.DateField(null=True)
    writer = models.ForeignKey(Person, models.PROTECT, related_name="+")  # who saved the state
    noticed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["edition", "field"], name="date_change_once_per_edition")
        ]

    def __str__(self) -> str:
        return f"{self.edition_id}: {self.field}"
