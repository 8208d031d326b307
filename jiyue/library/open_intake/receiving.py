"""Taking items in: read, look for doubles, make a draft, or put into quarantine (LIB-14).

Whatever comes in becomes a row with its payload, so that nothing is lost; what
is accepted becomes a draft for full review like any other (LIB-13).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.library.content import MAX_TITLE_CHARS, Attachment, ResourceContent
from jiyue.library.enums import AcquisitionMode, ResourceStatus
from jiyue.library.fingerprints import fingerprint_of
from jiyue.library.models import Resource
from jiyue.library.open_intake.enums import ItemState
from jiyue.library.open_intake.models import IntakeClient, IntakeItem
from jiyue.library.open_intake.payload import IncomingAttachment, Problem, Reading, bounded, read_item
from jiyue.library.open_intake.standards import Standard, get_standard
from jiyue.library.selectors import get_content
from jiyue.library.services import create_resource, save_revision, store_media
from jiyue.library.services.editing import require_mode
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.sites.selectors import list_open_channels

logger = logging.getLogger(__name__)

MAX_WAITING = 1_000  # items of one unit in quarantine; beyond, clerks have to work first
MAX_NAMESAKES = 20  # items of the same title whose text is compared


class QuarantineFull(DomainError):
    """Nothing more is taken in until clerks have looked at what waits."""

    code = "quarantine_full"


@dataclass(frozen=True)
class Door:
    """Through which door items come in.

    Attributes:
        unit: Whose library they enter.
        account: In whose name drafts are made.
        mode: Recorded with every item.
        standard: What they are checked against.
        kinds: Kinds that may come in.
        channel_names: `<site>/<channel>` that may be named → id.
        client: The system, where one sends them.
    """

    unit: Organization
    account: StaffAccount
    mode: AcquisitionMode
    standard: Standard
    kinds: Sequence[str]
    channel_names: dict[str, int]
    client: IntakeClient | None = None


def door_of(client: IntakeClient) -> Door:
    """The door of a business system."""
    allowed = client.channels.values_list("pk", flat=True)
    channels = list_open_channels([client.unit_id]).filter(pk__in=allowed)
    return Door(
        unit=client.unit,
        account=client.keeper,
        mode=AcquisitionMode.INTERFACE,
        standard=get_standard("gl-core"),
        kinds=client.kinds,
        channel_names={f"{channel.site.key}/{channel.key}": channel.pk for channel in channels},
        client=client,
    )


def require_open(door: Door) -> None:
    """Refuse a door that the profile switched off, or behind which too much waits.

    Raises:
        ModeDisabled: `intake.disabled_modes` names the mode.
        QuarantineFull: Too many items of the unit wait in quarantine.

    Source: HT 一¶4; NB 18 (LIB-13).
    """
    require_mode(door.mode, door.unit)
    waiting = IntakeItem.objects.filter(unit=door.unit, state=ItemState.QUARANTINED)
    if waiting.count() >= MAX_WAITING:
        raise QuarantineFull(
            _("%(count)d items of this unit wait in quarantine.") % {"count": MAX_WAITING},
            fix=_("Nothing more is taken in until the unit's clerks have looked at them."),
        )


def receive_many(*, payloads: Sequence[Any], door: Door) -> list[IntakeItem]:
    """Take items in one by one; one that fails keeps no other from being taken in."""
    return [_receive_safely(payload, door) for payload in payloads]


def _receive_safely(payload: Any, door: Door) -> IntakeItem:
    try:
        return receive_item(payload=payload, door=door)
    except Exception as error:  # the edge of a batch: one item nobody foresaw must not lose the others
        logger.exception("intake.item_failed", extra={"unit": door.unit.pk})
        reading = Reading()
        reading.wrong(
            "",
            "unforeseen",
            _("The item couldn't be taken in: %(error)s.") % {"error": type(error).__name__},
            _("The platform's operators see it in the running log."),
        )
        with transaction.atomic():
            return _store(bounded(payload), reading, door, ItemState.QUARANTINED)


@transaction.atomic
def receive_item(*, payload: Any, door: Door) -> IntakeItem:
    """Take one item in, whatever it is: as a draft, as a double, or into quarantine.

    Args:
        payload: JSON value as it was sent.
        door: Where it came in.

    Source: GL 二(二)2; NB 20-21 (LIB-13, LIB-14).
    """
    payload = bounded(payload)
    reading = read_item(payload, standard=door.standard, kinds=door.kinds)
    channel_ids = _channel_ids(reading, door)
    content = reading.content.with_values(channel_ids=channel_ids)
    _take_turns(door)
    earlier = _earlier(reading.source_id, door)
    known = None if reading.problems else _find_double(content, door)
    if known is not None:
        return _store(payload, reading, door, ItemState.DUPLICATE, known)
    if earlier is not None:
        reading.wrong(
            "source_id",
            "changed",
            _("This item was taken in before and reads otherwise now."),
            _("A clerk of the unit decides whether the change is taken over."),
        )
    if not reading.problems:
        resource = _make_draft(content, reading, door)
        if resource is not None:
            return _store(payload, reading, door, ItemState.ACCEPTED, resource)
    return _store(payload, reading, door, ItemState.QUARANTINED, earlier)


def _channel_ids(reading: Reading, door: Door) -> tuple[int, ...]:
    unknown = [name for name in reading.channels if name not in door.channel_names]
    if unknown:
        reading.wrong(
            "channels",
            "channel_not_allowed",
            _("These channels aren't open to this system: %(names)s.") % {"names": ", ".join(unknown)[:200]},
            _("Name channels as site/channel, from the list agreed with the platform manager."),
        )
    return tuple(sorted({door.channel_names[name] for name in reading.channels if name not in unknown}))


def _take_turns(door: Door) -> None:
    """One item of a unit after the other: of two that say the same, the second finds the first."""
    Organization.objects.select_for_update().get(pk=door.unit.pk)


def _earlier(source_id: str, door: Door) -> Resource | None:
    """What the same source item became when it was taken in before."""
    if not source_id:
        return None
    taken = IntakeItem.objects.filter(
        client=door.client,
        unit=door.unit,
        mode=door.mode,
        source_id=source_id,
        state__in=[ItemState.ACCEPTED, ItemState.DUPLICATE],
    )
    last = taken.select_related("resource").order_by("-pk").first()
    return last.resource if last else None


def _find_double(content: ResourceContent, door: Door) -> Resource | None:
    """An item of the unit that says the same, however it came in."""
    mark = fingerprint_of(content)
    taken = IntakeItem.objects.filter(unit=door.unit, fingerprint=mark, resource__isnull=False).exclude(
        state=ItemState.QUARANTINED
    )
    candidates = {
        item.resource_id: item.resource for item in taken.select_related("resource")[:MAX_NAMESAKES]
    }
    namesakes = Resource.objects.filter(unit=door.unit, title=content.title).order_by("-pk")[:MAX_NAMESAKES]
    candidates |= {resource.pk: resource for resource in namesakes}
    for resource in candidates.values():
        if resource is not None and fingerprint_of(get_content(resource)) == mark:
            return resource
    return None


def _make_draft(content: ResourceContent, reading: Reading, door: Door) -> Resource | None:
    """The new draft, or None when the library refuses it; its words are then among the problems."""
    try:
        with transaction.atomic():
            attachments = store_attachments(reading.attachments, door)
            return create_resource(
                unit=door.unit,
                content=content.with_values(attachments=attachments),
                actor=door.account,
                acquisition_mode=door.mode,
            )
    except DomainError as refusal:
        reading.problems.append(problem_of(refusal))
        return None


def problem_of(refusal: DomainError) -> Problem:
    """A refusal of the library as the client and the clerk read it."""
    return Problem(refusal.field or "", refusal.code, str(refusal.message), str(refusal.fix))


def store_attachments(files: Sequence[IncomingAttachment], door: Door) -> tuple[Attachment, ...]:
    """Put files into the unit's media store, told by their content like any upload.

    Raises:
        MediaRefused: One of them isn't what the platform accepts.
    """
    stored = [
        (store_media(unit=door.unit, original_name=file.name, data=file.data, actor=door.account), file.title)
        for file in files
    ]
    return tuple(Attachment(media.name, title) for media, title in stored)


def take_over(content: ResourceContent, resource: Resource, actor: StaffAccount) -> None:
    """Save what a system sent again as a new state of the item it became before.

    Raises:
        NotEditable: The item is in review.
    """
    resource = Resource.objects.get(pk=resource.pk)
    save_revision(resource=resource, content=content, base_number=resource.last_revision, actor=actor)


def _store(
    payload: Any, reading: Reading, door: Door, state: ItemState, resource: Resource | None = None
) -> IntakeItem:
    now = clock.now()
    if reading.source_id:
        IntakeItem.objects.filter(
            client=door.client,
            unit=door.unit,
            mode=door.mode,
            source_id=reading.source_id,
            state=ItemState.QUARANTINED,
        ).update(state=ItemState.SUPERSEDED, decided_at=now)
    item = IntakeItem.objects.create(
        client=door.client,
        unit=door.unit,
        account=door.account,
        mode=door.mode,
        source_id=reading.source_id,
        title=reading.content.title[:MAX_TITLE_CHARS],
        fingerprint=fingerprint_of(reading.content),
        payload=payload if isinstance(payload, dict) else {"": payload},
        state=state,
        problems=[problem.as_json() for problem in reading.problems],
        resource=resource,
        received_at=now,
    )
    audit.record(
        actor=door.account.audit_actor(),
        verb=f"intake.{state}",
        subject_type="intake_item",
        subject_id=item.pk,
        source=door.client.name if door.client else door.standard.name,
        title=item.title,
        mode=door.mode,
        number=reading.source_id,
        ids=[resource.pk] if resource else [],
    )
    return item


def status_of(item: IntakeItem) -> dict[str, Any]:
    """What became of an item, as its sender may read it: no text of the library.

    Source: GL 二(二)2 (LIB-14).
    """
    answer: dict[str, Any] = {
        "id": item.pk,
        "source_id": item.source_id,
        "state": item.state,
        "received_at": item.received_at.isoformat(),
        "problems": item.problems,
        "refusal": item.refusal,
        "review": None,
        "published_at": None,
        "index_number": "",
    }
    if item.resource is not None and item.state in (ItemState.ACCEPTED, ItemState.DUPLICATE):
        answer["review"] = ResourceStatus(item.resource.status).value
        live = getattr(item.resource, "live", None)
        if live is not None:
            answer["published_at"] = live.first_published_at.isoformat()
            answer["index_number"] = live.edition.index_number
    return answer
