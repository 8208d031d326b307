"""Inclusion counts and referrals as CSV: in by file, out for other programs.

Source: CQ (十一) (PUB-20).
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from jiyue.core.errors import DomainError
from jiyue.core.text import spreadsheet_safe
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.visits.enums import SearchEngine
from jiyue.publishing.visits.models import InclusionCount, ReferralCount
from jiyue.publishing.visits.selectors import percent
from jiyue.publishing.visits.services import InclusionEntry, InclusionRefused, entry_refusal, record_inclusion
from jiyue.sites.keeping import keeper_refusal
from jiyue.sites.models import Site

COLUMNS = ("engine", "counted_on", "indexed_pages", "source")
MAX_LINES = 500  # of one file
MAX_BYTES = 200_000
BYTE_ORDER_MARK = "\ufeff"  # spreadsheet programs read UTF-8 only with it


@dataclass(frozen=True)
class ImportReport:
    """What came of a file: all lines were entered, or none.

    Attributes:
        entered: Lines entered.
        errors: Line number and what is wrong with it.
    """

    entered: int
    errors: tuple[tuple[int, str], ...] = ()


def import_inclusions(*, site: Site, data: bytes, actor: StaffAccount) -> ImportReport:
    """Enter the figures of a CSV file, all of them or none.

    Raises:
        NotSiteKeeper: Others look after the site.
        InclusionRefused: It is no such file, or too long.

    Source: CQ (十一) (PUB-20).
    """
    if refusal := keeper_refusal(site, actor):
        raise refusal
    entries: list[InclusionEntry] = []
    errors: list[tuple[int, str]] = []
    for number, line in _lines(data):
        try:
            entries.append(_entry(line))
        except DomainError as error:
            errors.append((number, str(error.message)))
    if errors:
        return ImportReport(0, tuple(errors))
    with transaction.atomic():
        for entry in entries:
            record_inclusion(site=site, entry=entry, actor=actor)
    return ImportReport(len(entries))


def _lines(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(data) > MAX_BYTES:
        raise _no_table()
    try:
        text = data.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if tuple(name.strip() for name in reader.fieldnames or ())[: len(COLUMNS)] != COLUMNS:
            raise _no_table()
        rows = list(enumerate(reader, start=2))
    except (UnicodeDecodeError, csv.Error):
        raise _no_table() from None
    if not 1 <= len(rows) <= MAX_LINES:
        raise _no_table()
    yield from rows


def _no_table() -> InclusionRefused:
    return InclusionRefused(
        _("This file isn't a CSV table with the columns %(columns)s, or it has no lines or too many.")
        % {"columns": ",".join(COLUMNS)},
        fix=_("Save the table as CSV (UTF-8) with 1 to %(limit)d lines.") % {"limit": MAX_LINES},
        field="file",
    )


def _entry(line: dict[str, str]) -> InclusionEntry:
    values = {name: (line.get(name) or "").strip() for name in COLUMNS}
    labels = {str(engine.label): engine for engine in SearchEngine}
    engine = labels.get(values["engine"])
    if engine is None and values["engine"] in SearchEngine.values:
        engine = SearchEngine(values["engine"])
    if engine is None:
        raise InclusionRefused(_("Unknown search engine “%(name)s”.") % {"name": values["engine"][:40]})
    try:
        counted_on = date.fromisoformat(values["counted_on"])
    except ValueError:
        raise InclusionRefused(
            _("“%(text)s” isn't a day such as 2026-11-21.") % {"text": values["counted_on"][:40]}
        ) from None
    pages = values["indexed_pages"]
    if not (pages.isascii() and pages.isdecimal() and len(pages) < 12):
        raise InclusionRefused(_("“%(text)s” isn't a number of pages.") % {"text": pages[:40]})
    entry = InclusionEntry(engine, counted_on, int(pages), values["source"])
    if refusal := entry_refusal(entry):
        raise refusal
    return entry


def export_inclusions(site: Site) -> str:
    """All inclusion counts of a site as CSV, oldest first; the first four columns can be imported again."""
    rows = InclusionCount.objects.filter(site=site).order_by("month", "engine")
    lines = [
        [
            row.engine,
            row.counted_on.isoformat(),
            row.indexed_pages,
            spreadsheet_safe(row.source),
            row.published_pages,
            percent(row.indexed_pages, row.published_pages),
        ]
        for row in rows
    ]
    return csv_text([*COLUMNS, "published_pages", "percent"], lines)


def export_referrals(site: Site) -> str:
    """All referral counts of a site as CSV, oldest first."""
    rows = ReferralCount.objects.filter(site=site).order_by("day", "host")
    lines = [
        [day.isoformat(), spreadsheet_safe(host), number]
        for day, host, number in rows.values_list("day", "host", "count")
    ]
    return csv_text(["day", "host", "readers"], lines)


def csv_text(header: list[str], lines: list[list[object]]) -> str:
    """A table as CSV that spreadsheet programs read as UTF-8."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows(lines)
    return BYTE_ORDER_MARK + file.getvalue()
