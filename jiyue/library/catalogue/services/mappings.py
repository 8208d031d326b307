"""Terms of other systems: noted when they come in, given a meaning by the keeper (LIB-05)."""

from collections.abc import Iterable, Mapping

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.catalogue.enums import TAXONOMY_OF_FIELD, Taxonomy
from jiyue.library.catalogue.models import TermMapping
from jiyue.library.catalogue.permissions import require_keeper
from jiyue.library.catalogue.vocabularies import (
    SEVERAL_SEPARATOR,
    Standing,
    judge,
    read_vocabularies,
    read_vocabulary,
)
from jiyue.library.content import ResourceContent
from jiyue.organizations.models import StaffAccount

MAX_FOREIGN_CHARS = 200  # as the column
_CATEGORY_FIELDS = ("subject_category", "genre_category", "audience", "region")


class MappingRefused(DomainError):
    """A meaning that can't be given to a foreign term."""

    code = "mapping_refused"


@transaction.atomic
def set_mapping(*, taxonomy: Taxonomy, foreign: str, term: str, actor: StaffAccount) -> TermMapping:
    """Say which own term a foreign one stands for; imports use it from now on.

    Raises:
        NotCatalogueKeeper: The actor isn't a platform manager of a top unit.
        MappingRefused: The foreign term is empty, too long or an own term; or the own term isn't one.

    Source: GL 五(三)1; NT 20 (LIB-05).
    """
    require_keeper(actor.audit_actor())
    foreign, term = storable(foreign).strip(), storable(term).strip()
    vocabulary = read_vocabulary(taxonomy)
    if not foreign or len(foreign) > MAX_FOREIGN_CHARS or foreign in vocabulary:
        raise MappingRefused(
            _("“%(foreign)s” can't be mapped: it is empty, too long, or a term of this vocabulary.")
            % {"foreign": foreign[:60]},
            fix=_("Write the term as the other system has it."),
            field="foreign",
        )
    if term not in vocabulary:
        raise MappingRefused(
            _("“%(term)s” isn't a term of the vocabulary “%(name)s”.")
            % {"term": term[:60], "name": taxonomy.label},
            fix=_("Choose a term from the list."),
            field="term",
        )
    now = clock.now()
    mapping, _is_new = TermMapping.objects.select_for_update().get_or_create(
        taxonomy=taxonomy, foreign=foreign, defaults={"first_seen_at": now, "times_seen": 0}
    )
    before = mapping.term
    mapping.term, mapping.mapped_by, mapping.mapped_at = term, actor, now
    mapping.save()
    audit.record(
        actor=actor.audit_actor(),
        verb="taxonomy.term_mapped",
        subject_type="taxonomy",
        subject_id=taxonomy.value,
        foreign=foreign,
        before=before,
        after=term,
    )
    return mapping


def translate_terms(contents: list[ResourceContent]) -> list[ResourceContent]:
    """Put own terms in the place of foreign ones whose meaning is known, and note the unknown ones.

    Called with what an import is about to store; what stays unknown stands in the
    draft as it came, and its submission says what to do.

    Source: GL 五(三)1 (LIB-05).
    """
    vocabularies = read_vocabularies()
    unknown: list[tuple[Taxonomy, str]] = []
    cache: dict[tuple[str, str], str] = {}
    result = []
    for content in contents:
        values = {}
        for name in _CATEGORY_FIELDS:
            text = getattr(content, name)
            if not text:
                continue
            if (name, text) not in cache:
                verdicts = judge(TAXONOMY_OF_FIELD[name], text, vocabularies)
                cache[name, text] = SEVERAL_SEPARATOR.join(
                    verdict.term or verdict.text for verdict in verdicts
                )
                unknown += [
                    (TAXONOMY_OF_FIELD[name], verdict.text)
                    for verdict in verdicts
                    if verdict.standing is Standing.UNKNOWN
                ]
            values[name] = cache[name, text]
        result.append(content.with_values(**values) if values else content)
    note_foreign_terms(unknown)
    return result


def note_foreign_terms(terms: Iterable[tuple[Taxonomy, str]]) -> None:
    """List terms that came in and mean nothing here, for the keeper to map."""
    wanted: Mapping[tuple[Taxonomy, str], None] = dict.fromkeys(
        (taxonomy, text) for taxonomy, text in terms if len(text) <= MAX_FOREIGN_CHARS
    )
    for taxonomy, text in wanted:
        seen = TermMapping.objects.filter(taxonomy=taxonomy, foreign=text)
        if seen.update(times_seen=F("times_seen") + 1):
            continue
        try:
            with transaction.atomic():
                TermMapping.objects.create(taxonomy=taxonomy, foreign=text, first_seen_at=clock.now())
        except IntegrityError:  # another import noted it at this moment
            seen.update(times_seen=F("times_seen") + 1)
