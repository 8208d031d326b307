"""New versions of the vocabularies: proposed by one person, decided by another (LIB-05)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit, clock, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.core.text import storable
from jiyue.library.catalogue.enums import Taxonomy
from jiyue.library.catalogue.models import TaxonomyVersion
from jiyue.library.catalogue.permissions import keeper_refusal, require_keeper
from jiyue.library.catalogue.shipping import SEPARATOR, digest_of
from jiyue.library.catalogue.vocabularies import Vocabulary, read_vocabulary

TOPIC = "library.taxonomy"
SUBJECT = "taxonomy"
MAX_TERMS = 3_000  # of one vocabulary: a limit against abuse
MAX_TERM_CHARS = 100  # as the field of an item
MAX_LEVELS = 5
MAX_BASIS_CHARS = 300
SHOWN_TERMS = 30  # of a change; the rest is counted
DROPPED = "-"  # typed where nothing takes the place of a term


class TaxonomyRefused(DomainError):
    """A version that can't be proposed or put in force."""

    code = "taxonomy_refused"


@dataclass(frozen=True)
class TaxonomyEntry:
    """A version as somebody wants it.

    Attributes:
        taxonomy: Which vocabulary.
        base_number: Version that was changed.
        terms: Paths in their order.
        successors: Term that is dropped → the one that takes its place, or nothing.
        basis: Document that the version rests on.
    """

    taxonomy: Taxonomy
    base_number: int
    terms: tuple[str, ...]
    successors: Mapping[str, str]
    basis: str

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "TaxonomyEntry":
        """Rebuild an entry from the payload of a change."""
        return cls(
            Taxonomy(str(data["taxonomy"])),
            int(str(data["base_number"])),
            tuple(data["terms"]),  # type: ignore[arg-type]  # as `as_json` wrote it
            dict(data["successors"]),  # type: ignore[call-overload]
            str(data["basis"]),
        )

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "taxonomy": self.taxonomy.value,
            "base_number": self.base_number,
            "terms": list(self.terms),
            "successors": dict(self.successors),
            "basis": self.basis,
        }


def with_parents(lines: list[str]) -> tuple[str, ...]:
    """Typed paths, cleaned, with the levels above each of them, in order."""
    found: dict[str, None] = {}
    for line in lines:
        parts = [storable(part).strip() for part in line.replace("/", SEPARATOR).split(SEPARATOR)]
        parts = [part for part in parts if part]
        for depth in range(1, len(parts) + 1):
            found[SEPARATOR.join(parts[:depth])] = None
    return tuple(found)


def entry_refusal(entry: TaxonomyEntry) -> TaxonomyRefused | None:
    """Say why a version can't be proposed or put in force now, or None.

    Feeds the form, the service and the test.

    Source: GL 五(三)1; NT 20 (LIB-05).
    """
    vocabulary = read_vocabulary(entry.taxonomy)
    if vocabulary.number != entry.base_number:
        return TaxonomyRefused(
            _("Somebody put another version in force meanwhile."),
            fix=_("Open the vocabulary again and make your change there."),
        )
    return _terms_refusal(entry) or _successors_refusal(entry, vocabulary)


def _terms_refusal(entry: TaxonomyEntry) -> TaxonomyRefused | None:
    if not entry.basis.strip() or len(entry.basis) > MAX_BASIS_CHARS:
        return TaxonomyRefused(
            _("The basis is missing or too long."),
            fix=_("Name the document that the version rests on, in at most %(limit)d characters.")
            % {"limit": MAX_BASIS_CHARS},
            field="basis",
        )
    if not 1 <= len(entry.terms) <= MAX_TERMS:
        return TaxonomyRefused(
            _("A vocabulary has 1 to %(limit)d terms; this one has %(count)d.")
            % {"limit": MAX_TERMS, "count": len(entry.terms)},
            fix=_("Write one term a line."),
            field="terms",
        )
    for term in entry.terms:
        if len(term) > MAX_TERM_CHARS or term.count(SEPARATOR) >= MAX_LEVELS:
            return TaxonomyRefused(
                _("The term “%(term)s” has more than %(limit)d characters or %(levels)d levels.")
                % {"term": term[:60], "limit": MAX_TERM_CHARS, "levels": MAX_LEVELS},
                fix=_("Shorten it."),
                field="terms",
            )
    return None


def _successors_refusal(entry: TaxonomyEntry, vocabulary: Vocabulary) -> TaxonomyRefused | None:
    now = frozenset(entry.terms)
    dropped = [term for term in vocabulary.terms if term not in now]
    for term in dropped:
        if term not in entry.successors:
            return TaxonomyRefused(
                _("“%(term)s” is left out, and nothing says what takes its place.") % {"term": term},
                fix=_("Add a line “%(term)s => new term” under the changes, or “%(term)s => -”.")
                % {"term": term},
                field="successors",
            )
    for old, new in entry.successors.items():
        if old not in dropped or (new and new not in now):
            return TaxonomyRefused(
                _("“%(old)s => %(new)s” fits no change: the left side must be left out, the right side kept.")
                % {"old": old, "new": new or DROPPED},
                fix=_("Correct the line or take it out."),
                field="successors",
            )
    if not dropped and entry.terms == vocabulary.terms:
        return TaxonomyRefused(
            _("This is what the vocabulary says already."), fix=_("Change a term first."), field="terms"
        )
    return None


@transaction.atomic
def propose_version(*, entry: TaxonomyEntry, reason: str, actor: AuditActor) -> TwoPersonChange:
    """Ask for a new version of a vocabulary; another person must approve it.

    Raises:
        NotCatalogueKeeper: The actor isn't a platform manager of a top unit.
        TaxonomyRefused: See `entry_refusal`.
        ChangeRefused: See `two_person.propose`.

    Source: GL 五(三)1; NT 20 (LIB-05).
    """
    require_keeper(actor)
    if refusal := entry_refusal(entry):
        raise refusal
    return two_person.propose(
        topic=TOPIC,
        subject_type=SUBJECT,
        subject_key=entry.taxonomy,
        title=_("New version of the vocabulary “%(name)s”") % {"name": entry.taxonomy.label},
        payload=entry.as_json(),
        reason=reason,
        actor=actor,
    )


class TaxonomyTopic:
    """The two-person change of one vocabulary."""

    label: Promise = gettext_lazy("Vocabulary")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Only keepers of the catalogue see and decide it."""
        return keeper_refusal(actor)

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """Terms that come, terms that go, and what takes their place."""
        entry = TaxonomyEntry.from_json(change.payload)
        before = read_vocabulary(entry.taxonomy)
        come = [term for term in entry.terms if term not in before]
        rows = [
            (_("Basis"), "", entry.basis),
            (_("New terms"), "", _listed(come)),
        ]
        rows += [
            (_("Term left out"), old, new or _("nothing takes its place"))
            for old, new in entry.successors.items()
        ]
        return [row for row in rows if row[1] or row[2]]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Put the version in force.

        Raises:
            TaxonomyRefused: It doesn't fit the version in force any more.
        """
        entry = TaxonomyEntry.from_json(change.payload)
        if refusal := entry_refusal(entry):
            raise refusal
        version = TaxonomyVersion.objects.create(
            taxonomy=entry.taxonomy,
            number=entry.base_number + 1,
            terms=list(entry.terms),
            successors=dict(entry.successors),
            digest=digest_of(entry.terms),
            basis=entry.basis,
            change_id=change.pk,
            created_at=clock.now(),
        )
        audit.record(
            actor=actor,
            verb="taxonomy.changed",
            subject_type="taxonomy",
            subject_id=entry.taxonomy.value,
            version=version.number,
            terms=len(entry.terms),
            digest=version.digest,
            change=change.pk,
        )


def _listed(terms: list[str]) -> str:
    shown = "；".join(terms[:SHOWN_TERMS])
    rest = len(terms) - SHOWN_TERMS
    return shown if rest <= 0 else _("%(terms)s and %(count)d more") % {"terms": shown, "count": rest}
