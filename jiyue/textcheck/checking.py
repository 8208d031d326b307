"""The one door: texts in, findings out."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from jiyue.textcheck.circumstances import Circumstances
from jiyue.textcheck.fields import Field
from jiyue.textcheck.findings import WEIGHT, Finding, Hit, Severity
from jiyue.textcheck.keys import key_of, occurrence_of, places_of
from jiyue.textcheck.rule_sets import RULE_SETS

MAX_SAME = 20  # places shown of one finding: one reason justifies them all
MAX_DISTINCT = 1_000  # findings of one field: whoever has more mends the text first
TOO_MANY = "checking.too_many"


def check_fields(
    fields: Mapping[str, str],
    *,
    rule_sets: Collection[str],
    circumstances: Circumstances | None = None,
    veto_sets: Collection[str] | None = None,
    blocking_sets: Collection[str] | None = None,
) -> list[Finding]:
    """Check the fields of one item.

    The work grows with the length of the text and with nothing else.

    Args:
        fields: Name of the field → plain text, e.g. `title`, `summary`, `body_html` (from `html_to_text`).
        rule_sets: Names of `RULE_SETS` that are on.
        circumstances: What is known about unit and item.
        veto_sets: Sets whose hits may weigh as a veto; all of them without it.
        blocking_sets: Sets whose errors stop the item; all of them without it.

    Returns:
        Findings in the order of the fields, then of the places.

    Raises:
        LookupError: There is no such rule set.

    Source: HT 附件(单项否决); GL 八(二)1-2 (REV-25); CQ (三); CQ (九) (REV-18).
    """
    about = circumstances or Circumstances()
    unknown = set(rule_sets) - set(RULE_SETS)
    if unknown:
        raise LookupError(f"There is no rule set {sorted(unknown)}.")
    ceilings = {
        name: _ceiling(name, veto_sets, blocking_sets) for name in RULE_SETS if name in rule_sets
    }  # in the fixed order of the sets
    findings: list[Finding] = []
    for name, text in fields.items():
        field = Field(name, text, about)
        hits = [
            (set_name, _lowered(hit, ceiling))
            for set_name, ceiling in ceilings.items()
            for hit in RULE_SETS[set_name](field)
        ]
        findings += _findings(field, _without_doubles(hits))
    return findings


def _ceiling(name: str, veto_sets: Collection[str] | None, blocking_sets: Collection[str] | None) -> Severity:
    """The heaviest that a hit of a set may weigh."""
    if veto_sets is None or name in veto_sets:
        return Severity.VETO
    return Severity.ERROR if blocking_sets is None or name in blocking_sets else Severity.WARNING


def _lowered(hit: Hit, ceiling: Severity) -> Hit:
    return hit if WEIGHT[hit.severity] >= WEIGHT[ceiling] else replace(hit, severity=ceiling)


def _without_doubles(hits: list[tuple[str, Hit]]) -> list[tuple[str, Hit]]:
    """Of several hits at one place, the heaviest; the first of them where they weigh the same."""
    best: dict[tuple[int, int, str], tuple[str, Hit]] = {}
    for set_name, hit in hits:
        place = (hit.start, hit.end, hit.excerpt or (hit.rule if hit.start == hit.end else ""))
        known = best.get(place)
        if known is None or WEIGHT[hit.severity] < WEIGHT[known[1].severity]:
            best[place] = (set_name, hit)
    ordered = sorted(best.values(), key=lambda pair: (pair[1].start, -pair[1].end))
    return list(_outermost(ordered))


def _outermost(hits: list[tuple[str, Hit]]) -> Iterator[tuple[str, Hit]]:
    """Hits that don't lie inside another one of the same rule."""
    reached: dict[str, int] = {}
    for set_name, hit in hits:
        if hit.end > reached.get(hit.rule, -1) or hit.start == hit.end or hit.excerpt:
            reached[hit.rule] = max(hit.end, reached.get(hit.rule, -1))
            yield set_name, hit


def _findings(field: Field, hits: list[tuple[str, Hit]]) -> Iterator[Finding]:
    """Hits with their place among equal words, and with their key; a flood is cut off and says so."""
    kept: list[tuple[str, Hit, int, int, str, str]] = []
    seen: Counter[str] = Counter()
    is_cut = False
    for set_name, hit in hits:
        start, end = field.placed(hit)
        excerpt = hit.excerpt or field.original[start:end]
        key = key_of(hit.rule, excerpt)
        if seen[key] == MAX_SAME:
            continue
        if key not in seen and len(seen) == MAX_DISTINCT:
            is_cut = True
            continue
        seen[key] += 1
        kept.append((set_name, hit, start, end, excerpt, key))
    places = places_of({entry[4] for entry in kept}, field.original)
    for set_name, hit, start, end, excerpt, key in kept:
        yield Finding(
            rule=hit.rule,
            category=set_name,
            field=field.name,
            start=start,
            end=end,
            excerpt=excerpt,
            occurrence=occurrence_of(start, places.get(excerpt, [])),
            message=hit.message,
            fix=hit.fix,
            replacement=hit.replacement,
            severity=hit.severity,
            clause=hit.clause,
            key=key,
        )
    if is_cut:
        yield _too_many(field)


def _too_many(field: Field) -> Finding:
    end = len(field.original)
    return Finding(
        rule=TOO_MANY,
        category="checking",
        field=field.name,
        start=end,
        end=end,
        excerpt="",
        occurrence=0,
        message=_("More than %(count)d different places are in question; the rest isn't shown.")
        % {"count": MAX_DISTINCT},
        fix=_("Mend the places shown and check again."),
        replacement=None,
        severity=Severity.VETO,
        clause="",
        key=key_of(TOO_MANY, ""),
    )
