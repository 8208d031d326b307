"""The library as lists, pages and other rooms see it. Visibility is decided here."""

from collections.abc import Iterable

from django.db.models import Count, QuerySet

from jiyue.library.content import ResourceContent
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, LiveEdition, MediaFile, Resource, ResourceRevision
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_role_pairs


def list_visible_resources(account: StaffAccount) -> QuerySet[Resource]:
    """Resources of the units in which the account holds any role today, newest change first."""
    units = {unit_id for unit_id, _role in get_role_pairs(account)}
    return (
        Resource.objects.filter(unit_id__in=units)
        .select_related("unit", "updated_by__person")
        .order_by("-updated_at", "-id")
    )


def get_current_revision(resource: Resource) -> ResourceRevision:
    """The newest saved state."""
    return ResourceRevision.objects.select_related("person").get(
        resource=resource, number=resource.last_revision
    )


def get_content(resource: Resource) -> ResourceContent:
    """The newest saved state as a value."""
    return get_current_revision(resource).content


def get_live_edition(resource_id: int) -> Edition | None:
    """The public edition, or None."""
    live = LiveEdition.objects.select_related("edition").filter(resource_id=resource_id).first()
    return live.edition if live else None


def get_live_editions(resource_ids: Iterable[int]) -> dict[int, Edition]:
    """Public editions by resource id; resources that aren't public are left out."""
    rows = LiveEdition.objects.select_related("edition").filter(resource_id__in=list(resource_ids))
    return {row.resource_id: row.edition for row in rows}


def list_media(account: StaffAccount) -> QuerySet[MediaFile]:
    """Media files of the units in which the account holds any role today."""
    units = {unit_id for unit_id, _role in get_role_pairs(account)}
    return MediaFile.objects.filter(unit_id__in=units)


def count_by_status(account: StaffAccount) -> dict[str, int]:
    """How many visible resources stand where; every status is present."""
    found = dict(
        list_visible_resources(account).order_by().values_list("status").annotate(number=Count("pk"))
    )
    return {status: found.get(status, 0) for status in ResourceStatus.values}
