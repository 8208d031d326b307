"""The resource library: working copies, their revisions, and what is official."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.models import ScanState
from jiyue.library.content import BODY_FORMAT, ResourceContent
from jiyue.library.enums import (
    EDITABLE_STATUSES,
    AcquisitionMode,
    ResourceStatus,
    TextState,
    WithdrawalReason,
)
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.review.models import ReviewCase


class Resource(models.Model):
    """Working copy of one entry of the library; never public itself (LIB-02)."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="resources")
    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=300)
    status = models.CharField(max_length=20, choices=ResourceStatus, default=ResourceStatus.DRAFT)
    acquisition_mode = models.CharField(max_length=20, choices=AcquisitionMode)
    last_revision = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["unit", "status", "-updated_at"]),
            models.Index(fields=["unit", "-updated_at"]),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_history(self) -> bool:
        """Whether it was published elsewhere before, so that it has a date of its own (REV-29)."""
        return self.acquisition_mode != AcquisitionMode.SELF_WRITTEN

    @property
    def is_editable(self) -> bool:
        """Whether the text may be changed now."""
        return self.status in EDITABLE_STATUSES


class ResourceRevision(models.Model):
    """One saved state of a resource, with who saved it. Append-only (REV-03)."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    content_json = models.JSONField()
    digest = models.CharField(max_length=64)
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "number"], name="revision_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} v{self.number}"

    @property
    def content(self) -> ResourceContent:
        """The saved state as a value."""
        return ResourceContent.from_json(self.content_json)


class Edition(models.Model):
    """Immutable approved state of a resource: the only thing that can be public.

    A database trigger refuses UPDATE and DELETE. `published_at` is the server's
    time of release; imported history keeps its own date in the content (REV-29).
    """

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    revision = models.OneToOneField(ResourceRevision, models.PROTECT, related_name="edition")
    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    index_number = models.CharField(max_length=60, blank=True)
    content_json = models.JSONField()
    body_text = models.TextField()
    body_format = models.PositiveSmallIntegerField(default=BODY_FORMAT)
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "number"], name="edition_number_once")
        ]
        indexes: ClassVar = [models.Index(fields=["index_number"], name="edition_index_number")]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"

    @property
    def content(self) -> ResourceContent:
        """The approved state as a value."""
        return ResourceContent.from_json(self.content_json)


class LiveEdition(models.Model):
    """Which edition of a resource is public now; the row disappears on withdrawal."""

    resource = models.OneToOneField(Resource, models.PROTECT, primary_key=True, related_name="live")
    edition = models.OneToOneField(Edition, models.PROTECT, related_name="+")
    first_published_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.edition)


class Withdrawal(models.Model):
    """A public item taken down everywhere, with the reason (LIB-16). Append-only."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="withdrawals")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    reason_type = models.CharField(_("reason"), max_length=20, choices=WithdrawalReason)
    reason = models.TextField(_("explanation"))
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.edition}: {self.reason_type}"


class MediaFile(models.Model):
    """A file of the library in the private store, named by its content; public only through live editions.

    Pictures and recordings are kept as they were made fit for publication; what
    was uploaded is remembered by its digest and size alone.
    """

    name = models.CharField(max_length=60)  # <first 32 of SM3>.<ext>: also its public name
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="media_files")
    original_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    seconds = models.PositiveIntegerField(null=True)  # length of a recording
    sm3 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    source_sm3 = models.CharField(max_length=64, blank=True)  # of the upload as it came
    source_bytes = models.PositiveBigIntegerField(default=0)
    scan_state = models.CharField(
        _("virus scan"), max_length=12, choices=ScanState, default=ScanState.NOT_SCANNED
    )
    scan_note = models.CharField(max_length=200, blank=True)  # what was found, or why it wasn't scanned
    scanned_at = models.DateTimeField(null=True)
    text_state = models.CharField(max_length=10, choices=TextState, default=TextState.NONE)
    extracted_text = models.TextField(blank=True)  # for text checks and search
    text_note = models.CharField(max_length=200, blank=True)  # why there is none

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "unit"], name="media_stored_once_per_unit")
        ]
        indexes: ClassVar = [
            # the rescan
            models.Index(fields=["id"], condition=Q(scan_state="not_scanned"), name="media_unscanned"),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_picture(self) -> bool:
        """Shown as a picture."""
        return self.content_type.startswith("image/")

    @property
    def is_recording(self) -> bool:
        """Played as video or sound."""
        return self.content_type.startswith(("video/", "audio/"))

    @property
    def is_video(self) -> bool:
        """Played as video."""
        return self.content_type.startswith("video/")

    @property
    def is_captions(self) -> bool:
        """Subtitles of a video."""
        return self.content_type.startswith("text/vtt")

    @property
    def was_cut_down(self) -> bool:
        """Whether much less is kept than was uploaded."""
        return self.source_bytes > self.size_bytes * 1.2


class IndexCounter(models.Model):
    """Last serial of a unit's index numbers in a year (LIB-04)."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last_serial = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit", "year"], name="index_counter_once")]

    def __str__(self) -> str:
        return f"{self.unit_id}/{self.year}-{self.last_serial}"


class ImportedFile(models.Model):
    """A file that was imported: the same bytes never enter a unit's library twice."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="imported_files")
    sm3 = models.CharField(max_length=64)
    name = models.CharField(max_length=500)
    resource = models.OneToOneField(Resource, models.PROTECT, related_name="imported_file")
    report_json = models.JSONField()  # what was found, guessed, missing, noted
    imported_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "sm3"], name="file_imported_once_per_unit")
        ]

    def __str__(self) -> str:
        return self.name
