"""The audit trail as the inspector reads, searches and exports it."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from jiyue.backoffice.selectors import LIST_SIZE, get_names
from jiyue.backoffice.wording import FACTS, SUBJECTS, VERBS, word
from jiyue.core.models import AuditEntry, AuditSeal, AuditText
from jiyue.core.text import spreadsheet_safe
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.trail import list_overseen_entries

EXPORT_BATCH = 1_000  # entries read at a time


@dataclass(frozen=True)
class AuditFilter:
    """What the audit list is narrowed to."""

    verb: str = ""
    subject_type: str = ""
    subject_id: str = ""
    person: str = ""
    address: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def apply(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow a list of entries."""
        exact = {"verb": self.verb, "subject_type": self.subject_type, "subject_id": self.subject_id}
        entries = entries.filter(**{name: value for name, value in exact.items() if value})
        if self.person:
            people = Person.objects.filter(name__icontains=self.person).values("pk")
            entries = entries.filter(person_id__in=people)
        if self.address:
            entries = entries.filter(source_address__startswith=self.address)
        for part in self.words.split():
            entries = entries.filter(text__body__icontains=part)
        if self.since:
            entries = entries.filter(occurred_at__gte=self.since)
        if self.until:
            entries = entries.filter(occurred_at__lt=self.until)
        return entries


def list_audit_entries(
    account: StaffAccount, filters: AuditFilter, *, before: int | None
) -> list[AuditEntry]:
    """Entries the account oversees, newest first, older than `before`; one more than a page shows."""
    entries = filters.apply(list_overseen_entries(account).select_related("text").order_by("-pk"))
    if before:
        entries = entries.filter(pk__lt=before)
    return list(entries[: LIST_SIZE + 1])


@dataclass(frozen=True)
class EntryRow:
    """One entry with its words and the names of who acted.

    Attributes:
        facts: What the entry says, or None where its text was lawfully erased or is gone.
    """

    entry: AuditEntry
    act: str
    subject: str
    person: str
    unit: str
    facts: list[tuple[str, object]] | None


def describe_entries(entries: list[AuditEntry]) -> list[EntryRow]:
    """Entries with the names of people and units, and their facts; two queries however many."""
    people = get_names(Person, {entry.person_id for entry in entries})
    units = get_names(Organization, {entry.unit_id for entry in entries})
    return [
        EntryRow(
            entry=entry,
            act=word(VERBS, entry.verb),
            subject=word(SUBJECTS, entry.subject_type),
            person=people.get(entry.person_id or 0, ""),
            unit=units.get(entry.unit_id or 0, ""),
            facts=_facts(entry),
        )
        for entry in entries
    ]


def _facts(entry: AuditEntry) -> list[tuple[str, object]] | None:
    text: AuditText | None = getattr(entry, "text", None)
    if text is None or text.erased_at is not None:
        return None
    facts = json.loads(text.body)["facts"]
    return [(word(FACTS, name), value) for name, value in facts.items() if value not in (None, "")]


class _Line:
    """A file that gives every written line back."""

    def write(self, line: str) -> str:
        return line


def export_entries(account: StaffAccount, filters: AuditFilter, headings: list[str]) -> Iterator[str]:
    """Lines of a CSV file of the overseen entries, oldest first; memory stays flat.

    Every line carries the entry's place in the chain and its seal, so that it can be compared with
    the trail later. The first line begins with a byte-order mark, as spreadsheets expect of UTF-8.

    Args:
        account: Who exports.
        filters: As for the list.
        headings: Titles of the eleven columns.
    """
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(headings)
    entries = filters.apply(list_overseen_entries(account).select_related("text").order_by("pk"))
    last = 0
    while batch := list(entries.filter(pk__gt=last)[:EXPORT_BATCH]):
        seals = {
            entry_id: (position, digest)
            for position, entry_id, digest in AuditSeal.objects.filter(
                entry_id__in=[entry.pk for entry in batch]
            ).values_list("position", "entry_id", "digest")
        }
        for row in describe_entries(batch):
            yield writer.writerow(_cells(row, *seals.get(row.entry.pk, ("", ""))))
        last = batch[-1].pk


def _cells(row: EntryRow, position: object, digest: str) -> list[object]:
    entry = row.entry
    facts = "" if row.facts is None else "；".join(f"{name}：{value}" for name, value in row.facts)
    texts = (
        row.person,
        row.unit,
        row.act,
        row.subject,
        entry.subject_id,
        entry.source_address,
        facts,
    )
    moment = timezone.localtime(entry.occurred_at).strftime("%Y-%m-%d %H:%M:%S")
    return [entry.pk, moment, *map(spreadsheet_safe, texts), position, digest]
