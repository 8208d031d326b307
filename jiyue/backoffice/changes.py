"""Changes that take two persons, as one person may see them: the list and one change."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from jiyue.core import two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.obligations.selectors import get_overseen_units
from jiyue.organizations.models import Organization, StaffAccount, UnitSuccession
from jiyue.organizations.selectors import get_role_pairs

PAGE_SIZE = 30  # changes
SCAN_LIMIT = 400  # changes looked at for one page; who may see one is each topic's own question


@dataclass(frozen=True)
class ChangePage:
    """Some changes, the newest first.

    Attributes:
        changes: Those the person may see.
        unit_names: Names of the units they concern, by number.
        older_than: Where the next page begins; None at the end.
    """

    changes: list[TwoPersonChange]
    unit_names: dict[int, str]
    older_than: int | None


def is_visible(change: TwoPersonChange, actor: AuditActor) -> bool:
    """Whoever may decide on a change sees it, and whoever proposed it."""
    if actor.person_id is not None and change.proposer_person_id == actor.person_id:
        return True
    return two_person.TOPICS.get(change.topic).refusal(change, actor) is None


def visible_ids(change_ids: Iterable[int], actor: AuditActor) -> set[int]:
    """Those of the changes that the person may see."""
    changes = TwoPersonChange.objects.filter(pk__in=list(change_ids))
    return {change.pk for change in changes if is_visible(change, actor)}


def concerning(units: QuerySet[Organization]) -> Q:
    """Changes of the units, of those whose place they took in a reform, and of no unit.

    Whoever decides on a unit's change oversees the unit, whatever the topic; so
    the topics needn't be asked about the changes of all other units. A change
    keeps the unit it was proposed for.
    """
    ids = units.order_by().values("pk")
    earlier = UnitSuccession.objects.filter(successor__in=ids).values("predecessor")
    return Q(unit_id=None) | Q(unit_id__in=ids) | Q(unit_id__in=earlier)


def _within_sight(actor: AuditActor) -> Q:
    """Changes that the person may see at all: of the units they oversee, and their own."""
    account = StaffAccount.objects.filter(pk=actor.account_id or 0).first()
    units = get_overseen_units(get_role_pairs(account) if account else ())
    return concerning(units) | Q(proposer_person_id=actor.person_id or 0)


def _waiting_for(actor: AuditActor) -> Iterator[TwoPersonChange]:
    waiting = TwoPersonChange.objects.filter(_within_sight(actor), status=ChangeStatus.WAITING)
    waiting = waiting.order_by("-pk")
    if actor.person_id is not None:
        waiting = waiting.exclude(proposer_person_id=actor.person_id)
    for change in waiting[:SCAN_LIMIT]:
        if two_person.decision_refusal(change, actor) is None:
            yield change


def list_waiting(actor: AuditActor) -> ChangePage:
    """What waits for this person's decision, the newest first."""
    changes = list(_waiting_for(actor))
    return ChangePage(changes, _unit_names(changes), None)


def list_proposed(actor: AuditActor, older_than: int | None) -> ChangePage:
    """What this person proposed, in whatever state, the newest first."""
    if actor.person_id is None:
        return _page([])
    mine = TwoPersonChange.objects.filter(proposer_person_id=actor.person_id)
    return _page(list(_older(mine, older_than)[: PAGE_SIZE + 1]))


def list_decided(actor: AuditActor, older_than: int | None) -> ChangePage:
    """What was decided or taken back and this person may see, the newest first."""
    decided = TwoPersonChange.objects.filter(_within_sight(actor)).exclude(status=ChangeStatus.WAITING)
    found: list[TwoPersonChange] = []
    last_seen = None
    for change in _older(decided, older_than)[:SCAN_LIMIT]:
        if is_visible(change, actor):
            found.append(change)
        last_seen = change.pk
        if len(found) > PAGE_SIZE:
            break
    else:
        has_more = last_seen is not None and decided.filter(pk__lt=last_seen).exists()
        return ChangePage(found, _unit_names(found), last_seen if has_more else None)
    return _page(found)


def _older(changes: QuerySet[TwoPersonChange], older_than: int | None) -> QuerySet[TwoPersonChange]:
    if older_than is not None:
        changes = changes.filter(pk__lt=older_than)
    return changes.order_by("-pk")


def _page(found: list[TwoPersonChange]) -> ChangePage:
    shown = found[:PAGE_SIZE]
    return ChangePage(shown, _unit_names(shown), shown[-1].pk if len(found) > PAGE_SIZE else None)


def _unit_names(changes: list[TwoPersonChange]) -> dict[int, str]:
    ids = {change.unit_id for change in changes if change.unit_id is not None}
    return dict(Organization.objects.filter(pk__in=ids).values_list("pk", "name"))


@dataclass(frozen=True)
class ChangeDetail:
    """One change for the page on which it is decided.

    Attributes:
        change: The change.
        topic: What sort of change it is.
        unit_name: Unit it concerns; blank where it concerns none.
        rows: (label, before, after).
        refusal: Why this person may not decide it, or None.
        may_withdraw: Whether this person may take it back.
    """

    change: TwoPersonChange
    topic: str
    unit_name: str
    rows: list[tuple[str, str, str]]
    refusal: DomainError | None
    may_withdraw: bool


def get_detail(change_id: int, actor: AuditActor) -> ChangeDetail | None:
    """One change as the person may see it; None where it doesn't exist for them."""
    change = TwoPersonChange.objects.filter(pk=change_id).first()
    if change is None or not is_visible(change, actor):
        return None
    topic = two_person.TOPICS.get(change.topic)
    return ChangeDetail(
        change=change,
        topic=str(topic.label),
        unit_name=_unit_names([change]).get(change.unit_id or 0, ""),
        rows=topic.describe(change),
        refusal=two_person.decision_refusal(change, actor),
        may_withdraw=two_person.withdrawal_refusal(change, actor) is None,
    )
