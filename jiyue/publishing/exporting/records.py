"""Parts of an export that people read and no importer stores: earlier reviews, the trail's digests.

Also units, people and accounts: the importer matches these with what the
platform has instead of storing them as they are.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from jiyue.core.models import AuditEntry, AuditSeal
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.publishing.exporting.parts import READ_ROWS, Row, Scope
from jiyue.review.enums import ReviewVerb
from jiyue.review.models import ReviewAction

UNITS = "data/units"
PEOPLE = "data/people"
ACCOUNTS = "data/accounts"
_BATCH = 500  # keys in one query
# Acts by which something became public or was taken down; what was done to drafts stays at home.
_PUBLIC_ACTS = Q(verb__startswith="edition.") | Q(verb__in=("resource.withdrawn", "resource.submitted"))


_T = TypeVar("_T")


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Cut a stream into lists of at most `size`."""
    stream = iter(items)
    while batch := list(islice(stream, size)):
        yield batch


@dataclass(frozen=True)
class Record:
    """One file of the export that isn't a table."""

    name: str
    export: Callable[[Scope], Iterator[Row]]

    @property
    def path(self) -> str:
        """Its file."""
        return f"{self.name}.jsonl"


def _earlier_editions(scope: Scope) -> Iterator[Row]:
    """Who approved editions that aren't public any more: digests and names, no word of the text."""
    rows = scope.earlier_editions.order_by("pk").values_list(
        "pk", "resource_id", "number", "digest", "index_number", "published_at", "case_id", "case__round"
    )
    for lines in batches(rows.iterator(READ_ROWS), _BATCH):
        decisions: dict[tuple[int, int], list[Row]] = {}
        wanted = ReviewAction.objects.filter(verb=ReviewVerb.APPROVE, case__in={line[6] for line in lines})
        for action in wanted.select_related("person", "step__unit").order_by("pk"):
            decisions.setdefault((action.case_id, action.round), []).append(_decision(action))
        for pk, resource, number, digest, index_number, published_at, case, last_round in lines:
            yield {
                "id": pk,
                "resource": resource,
                "number": number,
                "digest": digest,
                "index_number": index_number,
                "published_at": published_at.isoformat(),
                "approved_by": decisions.get((case, last_round), []),
            }


def _decision(action: ReviewAction) -> Row:
    step = action.step
    return {
        "person": action.person.name,
        "unit": step.unit.name if step else "",
        "level": step.level if step else None,
        "role": step.role if step else "",
        "at": action.created_at.isoformat(),
    }


def _audit_digests(scope: Scope) -> Iterator[Row]:
    """Who released, submitted, withdrew and decided when, with the digest that the trail holds."""
    subjects: list[tuple[str, QuerySet[Any, int], Q]] = [
        ("resource", scope.resources.order_by("pk").values_list("pk", flat=True), _PUBLIC_ACTS)
    ]
    cases = scope.editions.order_by("case_id").values_list("case_id", flat=True).distinct()
    subjects.append(("case", cases, Q(verb__startswith="case.")))
    for subject_type, keys, acts in subjects:
        for batch in batches(keys.iterator(READ_ROWS), _BATCH):
            entries = AuditEntry.objects.filter(
                acts, subject_type=subject_type, subject_id__in=[str(key) for key in batch]
            )
            yield from _digests(entries.select_related("text").order_by("pk"))


def _digests(entries: Iterable[AuditEntry]) -> Iterator[Row]:
    found = list(entries)
    seals = {
        seal.entry_id: seal for seal in AuditSeal.objects.filter(entry_id__in=[entry.pk for entry in found])
    }
    for entry in found:
        said = json.loads(entry.text.body) if entry.text.erased_at is None else {}
        seal = seals.get(entry.pk)
        yield {
            "entry": entry.pk,
            "at": entry.occurred_at.isoformat(),
            "person": said.get("person", ""),
            "unit": said.get("unit", ""),
            "verb": entry.verb,
            "subject": f"{entry.subject_type}:{entry.subject_id}",
            "text_sm3": entry.text_digest,
            "position": seal.position if seal else None,
            "seal": seal.digest if seal else "",
        }


def _accounts(scope: Scope) -> Iterator[Row]:
    rows = StaffAccount.objects.filter(pk__in=scope.account_ids).order_by("pk")
    for account in rows:
        scope.person_ids.add(account.person_id)
        scope.unit_ids.add(account.unit_id)
        yield {"ref": account.pk, "person": account.person_id, "unit": scope.unit_codes[account.unit_id]}


def _people(scope: Scope) -> Iterator[Row]:
    """Names only: numbers, telephone and mail stay at home."""
    for person in Person.objects.filter(pk__in=scope.person_ids).order_by("pk"):
        yield {"ref": person.pk, "name": person.name}


def _units(scope: Scope) -> Iterator[Row]:
    """The units named, and those above them, the higher ones first."""
    units = {unit.pk: unit for unit in Organization.objects.all()}
    waiting = list(scope.unit_ids)
    named: set[int] = set()
    while waiting:
        unit = units[waiting.pop()]
        if unit.pk not in named:
            named.add(unit.pk)
            waiting += [above for above in (unit.superior_id, unit.supervising_unit_id) if above]
    for unit in sorted((units[pk] for pk in named), key=lambda each: (each.path.count("/"), each.path)):
        yield {
            "code": unit.code,
            "name": unit.name,
            "short_name": unit.short_name,
            "level": unit.level,
            "kind": unit.kind,
            "superior": scope.unit_codes.get(unit.superior_id or 0),
            "supervising_unit": scope.unit_codes.get(unit.supervising_unit_id or 0),
            "status": unit.status,
            "closed_on": unit.closed_on.isoformat() if unit.closed_on else None,
        }


# In this order: accounts name people and units, which are written after them.
RECORDS = (
    Record("history/earlier_editions", _earlier_editions),
    Record("history/audit", _audit_digests),
    Record(ACCOUNTS, _accounts),
    Record(PEOPLE, _people),
    Record(UNITS, _units),
)
