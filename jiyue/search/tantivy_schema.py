"""How a document lies in the embedded index.

Fields:
    public_id   the key; `entry` adds the digest, for reconciliation
    site, kind, facet   filters; a facet is `name=value`
    number, title_exact   whole numbers and titles in their one spelling
    *_pairs     positional unit pairs: any run of characters is a phrase (recall)
    *_units     which single characters and words occur (one-character queries)
    *_words     dictionary words with frequencies (ranking)
                the body's fields repeat title, numbers and issuing body
    weight      validity, age and archive mark, see `weight`
    payload     what a hit shows, as JSON; the body text is in it for excerpts
"""

import hashlib
import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import tantivy

from jiyue.search import text as folding
from jiyue.search.engine import SearchDocument, SitePlacement

SCHEMA_VERSION = 2  # part of every index folder's name; raise it when fields or folding change

NOT_IN_FORCE = frozenset({"repealed", "lapsed"})
OLDEST_YEAR = 1990  # older documents count as of this year
NEWEST_YEAR = 2090
YEAR_BONUS = 0.008  # ten years make 8 per cent: a tie-break, no more
NOT_IN_FORCE_FACTOR = 0.5
ARCHIVED_FACTOR = 0.8

ENTRY_DIVIDER = " "

_FIELDS = tuple(field.name for field in fields(SearchDocument))
_SITE_FIELDS = tuple(field.name for field in fields(SitePlacement))


def build_schema() -> tantivy.Schema:
    """Return the schema of `SCHEMA_VERSION`."""
    builder = tantivy.SchemaBuilder()
    for name in ("public_id", "entry", "site", "kind", "number", "title_exact", "facet"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for part in ("title", "body"):
        builder.add_text_field(f"{part}_pairs", tokenizer_name="whitespace", index_option="position")
        builder.add_text_field(f"{part}_units", tokenizer_name="whitespace", index_option="basic")
        builder.add_text_field(f"{part}_words", tokenizer_name="whitespace", index_option="freq")
    builder.add_float_field("weight", fast=True)
    builder.add_bytes_field("payload", stored=True)
    return builder.build()


SCHEMA = build_schema()


def to_tantivy(document: SearchDocument) -> tantivy.Document:
    """Return the index form of a document."""
    document = made_plain(document)
    payload = to_json(document).encode()
    row = tantivy.Document()
    row.add_text("public_id", document.public_id)
    row.add_text("entry", f"{document.public_id}{ENTRY_DIVIDER}{_digest_of(payload)}")
    row.add_text("kind", document.kind)
    row.add_text("title_exact", folding.title_key(document.title))
    for site_key in {placement.site_key for placement in document.sites}:
        row.add_text("site", site_key)
    for facet in document.facets:
        row.add_text("facet", facet)
    for number in (document.document_number, document.index_number):
        if key := folding.number_key(number):
            row.add_text("number", key)
    _add_text(row, "title", document.title)
    facts = (document.document_number, document.index_number, document.issuing_body)
    _add_text(row, "body", "\n".join((document.title, document.body_text, *facts)))
    row.add_float("weight", 2 ** weight(document) - 2)
    row.add_bytes("payload", payload)
    return row


def _add_text(row: tantivy.Document, part: str, text: str) -> None:
    folded = folding.fold_plain(text)
    sequence = folding.units(folded)
    row.add_text(f"{part}_pairs", " ".join(folding.pairs(sequence)))
    row.add_text(f"{part}_units", " ".join(set(sequence)))
    row.add_text(f"{part}_words", " ".join(folding.index_words(folded)))


def weight(document: SearchDocument) -> float:
    """Return the factor by which a document's score is multiplied, at least 1.

    Documents not in force get half of it (SRCH-03), archived ones a fifth
    less; newer ones a little more. The engine multiplies by
    `log2(2 + field)` and takes no factor below 1, hence the base of 2.
    """
    year = min(max(document.dated_on.year, OLDEST_YEAR), NEWEST_YEAR)
    factor = 2.0 / (NOT_IN_FORCE_FACTOR * ARCHIVED_FACTOR) * (1 + YEAR_BONUS * (year - OLDEST_YEAR))
    if document.validity_status in NOT_IN_FORCE:
        factor *= NOT_IN_FORCE_FACTOR
    return factor * ARCHIVED_FACTOR if document.is_archived else factor


def made_plain(document: SearchDocument) -> SearchDocument:
    """Return the document with texts in which excerpts find their positions."""
    return replace(
        document,
        title=folding.plain(document.title),
        body_text=folding.plain(document.body_text),
        document_number=folding.plain(document.document_number),
        index_number=folding.plain(document.index_number),
        issuing_body=folding.plain(document.issuing_body),
    )


def digest(document: SearchDocument) -> str:
    """Return a short digest of everything the index knows about a document.

    It only tells a stale entry from a fresh one; nobody gains by forging it.
    """
    return _digest_of(to_json(made_plain(document)).encode())


def _digest_of(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()[:16]


def to_json(document: SearchDocument) -> str:
    """Return one line of JSON; equal documents give equal lines."""
    values = {name: getattr(document, name) for name in _FIELDS}
    values["sites"] = [[getattr(site, name) for name in _SITE_FIELDS] for site in document.sites]
    values["published_at"] = document.published_at.astimezone(UTC).isoformat()
    if document.originally_published_on is not None:
        values["originally_published_on"] = document.originally_published_on.isoformat()
    return json.dumps(values, ensure_ascii=False)


def from_json(text: str | bytes) -> SearchDocument:
    """Return the document written by `to_json`."""
    values: dict[str, Any] = json.loads(text)
    values["sites"] = tuple(SitePlacement(*site) for site in values["sites"])
    own_date = values["originally_published_on"]
    values["originally_published_on"] = date.fromisoformat(own_date) if own_date else None
    values["published_at"] = datetime.fromisoformat(values["published_at"])
    return SearchDocument(**values)
