"""What a reform of units carries along here: items with drafts and public versions, files, imports.

Versions, editions and index numbers stay as they are: they say what was true
when they were made. New index numbers carry the successor's code.
"""

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.library.models import ImportedFile, MediaFile, Resource
from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.models import Organization


class Resources:
    """Items of the library, in whatever state."""

    label: Promise = _("items of its library")

    def count(self, unit: Organization) -> int:
        """All of them."""
        return Resource.objects.filter(unit=unit).count()

    def carry(self, handover: Handover) -> int:
        """Let the successor's people work on them; pages stay where they are."""
        return Resource.objects.filter(unit=handover.predecessor).update(unit=handover.successor)


class Media:
    """Originals, and the record of which files were imported."""

    label: Promise = _("files of its library")

    def count(self, unit: Organization) -> int:
        """Files may stay: the same bytes can belong to a successor already."""
        return 0

    def carry(self, handover: Handover) -> int:
        """Move what the successor doesn't have yet; the twin of a file is the same file."""
        old, new = handover.predecessor, handover.successor
        own_media = MediaFile.objects.filter(unit=new, name=OuterRef("name"))
        own_files = ImportedFile.objects.filter(unit=new, sm3=OuterRef("sm3"))
        media = MediaFile.objects.filter(~Exists(own_media), unit=old).values_list("pk", flat=True)
        files = ImportedFile.objects.filter(~Exists(own_files), unit=old).values_list("pk", flat=True)
        ImportedFile.objects.filter(pk__in=list(files)).update(unit=new)
        return MediaFile.objects.filter(pk__in=list(media)).update(unit=new)


def register() -> None:
    """Enter this room's carriers."""
    CARRIERS.register("library.resources", _RESOURCES)
    CARRIERS.register("library.media", _MEDIA)


_RESOURCES, _MEDIA = Resources(), Media()
