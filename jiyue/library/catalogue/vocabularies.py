"""Asking the vocabularies: is this a term, was it one, what stands for it now (LIB-05)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache

from jiyue.library.catalogue.enums import SEVERAL_TERMS, Taxonomy
from jiyue.library.catalogue.models import TaxonomyVersion, TermMapping
from jiyue.library.catalogue.shipping import SEPARATOR

SEVERAL_SEPARATOR = "、"  # between two terms of a field that may name several
MAX_SUGGESTIONS = 3
_SIMILAR_ENOUGH = 0.5  # share of equal characters; below, a suggestion reads like a guess
_MAX_STEPS = 50  # versions a term is followed through; more would be a circle


class Standing(StrEnum):
    """What a vocabulary says about a text."""

    CURRENT = "current"
    FORMER = "former"  # a term of an earlier version
    MAPPED = "mapped"  # a term of another system whose meaning was stated
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """The standing of one text.

    Attributes:
        text: The text asked about.
        standing: What the vocabulary says.
        term: The current term it counts as; empty where there is none.
        suggestions: Current terms that look alike, the nearest first; only for unknown ones.
    """

    text: str
    standing: Standing
    term: str = ""
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """The current version of one taxonomy, with what became of earlier terms.

    Attributes:
        number: Version; 0 while nobody has entered terms, when every text is accepted.
        terms: Paths in order.
        successors: Earlier term → the one that took its place, empty where nothing did.
    """

    taxonomy: Taxonomy
    number: int
    terms: tuple[str, ...]
    successors: Mapping[str, str]

    def __contains__(self, text: object) -> bool:
        return text in self._set

    @property
    def _set(self) -> frozenset[str]:
        return _as_set(self.terms)

    def successor(self, text: str) -> str:
        """The current term that took the place of an earlier one; empty where none did."""
        for _step in range(_MAX_STEPS):
            if text in self._set or not text:
                return text
            text = self.successors.get(text, "")
        return ""

    def suggest(self, text: str) -> tuple[str, ...]:
        """Current terms that resemble the text, the nearest first."""
        last = text.replace("/", SEPARATOR).rsplit(SEPARATOR, 1)[-1].strip()
        by_name: dict[str, list[str]] = {}
        for term in self.terms:
            by_name.setdefault(term.rsplit(SEPARATOR, 1)[-1], []).append(term)
        found = list(by_name.get(last, []))
        for name in get_close_matches(last, by_name, MAX_SUGGESTIONS, _SIMILAR_ENOUGH):
            found += by_name[name]
        found += [term for term in self.terms if last and last in term]
        return tuple(dict.fromkeys(found))[:MAX_SUGGESTIONS]


@lru_cache(maxsize=64)
def _as_set(terms: tuple[str, ...]) -> frozenset[str]:
    return frozenset(terms)


def read_vocabularies() -> Mapping[Taxonomy, Vocabulary]:
    """The current version of every taxonomy; read anew only after a change."""
    newest = TaxonomyVersion.objects.order_by("-pk").values_list("pk", "digest").first()
    return _load(newest)


def read_vocabulary(taxonomy: Taxonomy) -> Vocabulary:
    """The current version of one taxonomy."""
    return read_vocabularies()[taxonomy]


@lru_cache(maxsize=2)
def _load(_newest: tuple[int, str] | None) -> Mapping[Taxonomy, Vocabulary]:
    rows = list(TaxonomyVersion.objects.order_by("number"))
    found = {}
    for taxonomy in Taxonomy:
        versions = [row for row in rows if row.taxonomy == taxonomy]
        successors = {old: new for row in versions for old, new in row.successors.items()}
        last = versions[-1] if versions else None
        found[taxonomy] = Vocabulary(
            taxonomy, last.number if last else 0, tuple(last.terms) if last else (), successors
        )
    return found


def split_terms(taxonomy: Taxonomy, text: str) -> list[str]:
    """The terms that a field names: several where the taxonomy allows it."""
    if taxonomy not in SEVERAL_TERMS:
        return [text] if text else []
    return [part.strip() for part in text.split(SEVERAL_SEPARATOR) if part.strip()]


def judge(taxonomy: Taxonomy, text: str, vocabularies: Mapping[Taxonomy, Vocabulary]) -> list[Verdict]:
    """What the vocabulary says about every term of a field.

    A taxonomy without terms accepts everything. Mappings are read only for what
    isn't a term.

    Source: GL 五(三)1; NT 20 (LIB-05).
    """
    vocabulary = vocabularies[taxonomy]
    names = split_terms(taxonomy, text)
    if not vocabulary.number:
        return [Verdict(name, Standing.CURRENT, name) for name in names]
    verdicts = [_judge(vocabulary, name) for name in names]
    unknown = [verdict.text for verdict in verdicts if verdict.standing is Standing.UNKNOWN]
    mapped = read_mappings(taxonomy, unknown) if unknown else {}
    return [
        Verdict(verdict.text, Standing.MAPPED, term)
        if (term := vocabulary.successor(mapped.get(verdict.text, "")))
        else verdict
        for verdict in verdicts
    ]


def _judge(vocabulary: Vocabulary, name: str) -> Verdict:
    if name in vocabulary:
        return Verdict(name, Standing.CURRENT, name)
    if name in vocabulary.successors:
        return Verdict(name, Standing.FORMER, vocabulary.successor(name))
    return Verdict(name, Standing.UNKNOWN, suggestions=vocabulary.suggest(name))


def read_mappings(taxonomy: Taxonomy, foreign: Iterable[str]) -> dict[str, str]:
    """Own terms by foreign ones, as far as somebody stated them."""
    rows = TermMapping.objects.filter(taxonomy=taxonomy, foreign__in=set(foreign)).exclude(term="")
    return dict(rows.values_list("foreign", "term"))
