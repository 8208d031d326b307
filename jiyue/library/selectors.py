"""The library as lists, pages and other rooms see it. Visibility is decided here."""

from collections.abc import Iterable

from django.db.models import CharField, Count, F, Q, QuerySet, TextField
from django.db.models.functions import Cast

from jiyue.core.models import ScanState
from jiyue.library.content import ResourceContent
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, LiveEdition, MediaFile, Resource, ResourceRevision
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_role_pairs, get_shared_unit_ids, in_subtrees
from jiyue.review.models import CaseItem
from jiyue.review.roster import list_duty_paths
from jiyue.review.selectors import list_visible_cases


def get_readable_unit_ids(account: StaffAccount) -> frozenset[int]:
    """Units in which the account holds a role today, and those that share their library with one of them."""
    own = frozenset(unit_id for unit_id, _role in get_role_pairs(account))
    return own | get_shared_unit_ids(own)


def list_visible_resources(account: StaffAccount) -> QuerySet[Resource]:
    """Resources of the account's units and of those that share theirs with one of them, newest change first.

    Whoever may only read isn't editor or leader of the item's unit, so nothing else opens. Others' items
    are shared once they are public, and only while nothing in them waits for its review.

    A duty editor sees the units that their turn covers, while it lasts.

    Source: NB 2-3 (ORG-04): a unit sees its own data unless sharing is granted. GL 五(三)2 (LIB-10): items
    awaiting review can't be shared with other units. GL 八(二)2 (REV-31).
    """
    pairs = get_role_pairs(account)
    own = frozenset(unit_id for unit_id, _role in pairs)
    shared = get_shared_unit_ids(own) - own
    visible = Q(unit_id__in=own)
    is_clerk = any(role == StaffRole.ENTRY_CLERK for _unit_id, role in pairs)  # only clerks edit on duty
    on_duty = list_duty_paths(account, StaffRole.ENTRY_CLERK) if is_clerk else []
    if on_duty:
        visible |= in_subtrees(on_duty, field="unit__path")
    if shared:
        visible |= Q(unit_id__in=shared, live__edition__revision__number=F("last_revision"))
    return (
        Resource.objects.filter(visible)
        .select_related("unit", "updated_by__person")
        .order_by("-updated_at", "-id")
    )


def list_own_resources(account: StaffAccount) -> QuerySet[Resource]:
    """The same without what other units share: what the account's units have to work on."""
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
    """Media files of the units whose items the account may read."""
    return MediaFile.objects.filter(unit_id__in=get_readable_unit_ids(account))


def list_media_of_units(unit_ids: Iterable[int]) -> QuerySet[MediaFile]:
    """Media files of units, the newest first; for oversight."""
    return MediaFile.objects.filter(unit_id__in=list(unit_ids)).select_related("unit").order_by("-id")


def find_media(account: StaffAccount, name: str) -> MediaFile | None:
    """The file of that name which the account may open, or None.

    That is a file of the units whose items the account may read, or one that an
    item shows whose case has come before the account: reviewers of an office
    see what they decide on, nobody else of their unit does.

    Source: NB 2-3 (ORG-04); NT 15 (REV-01).
    """
    own = list_media(account).filter(name=name).order_by("pk").first()
    if own is not None:
        return own
    for media in MediaFile.objects.filter(name=name).order_by("pk"):
        cases = list_visible_cases(account).filter(unit=media.unit_id).values("pk")
        pins = CaseItem.objects.filter(case__in=cases, subject_type="resource").values("pin")
        revisions = ResourceRevision.objects.annotate(
            key=Cast("pk", CharField()), words=Cast("content_json", TextField())
        )
        if revisions.filter(key__in=pins, words__contains=name).exists():
            return media
    return None


def get_attachment_texts(names: Iterable[str]) -> dict[str, str]:
    """Words of attachments by file name, as far as they are known; files with a virus are left out.

    The words belong to the bytes, not to the unit: the same file has the same words everywhere.
    """
    rows = MediaFile.objects.filter(name__in=list(names)).exclude(scan_state=ScanState.INFECTED)
    return dict(rows.exclude(extracted_text="").order_by("pk").values_list("name", "extracted_text"))


def count_by_status(account: StaffAccount) -> dict[str, int]:
    """How many resources of the account's units stand where; every status is present."""
    found = dict(list_own_resources(account).order_by().values_list("status").annotate(number=Count("pk")))
    return {status: found.get(status, 0) for status in ResourceStatus.values}
