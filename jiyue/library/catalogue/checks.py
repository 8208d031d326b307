"""What the catalogue asks of an item before review and again before release."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.errors import Text
from jiyue.library.catalogue.enums import TAXONOMY_OF_FIELD, Taxonomy
from jiyue.library.catalogue.models import AddedReview, ContentSource, IssuedIndexNumber
from jiyue.library.catalogue.relations import changing_targets, is_circular, list_citable
from jiyue.library.catalogue.sources import MODE_KEY, judge_source
from jiyue.library.catalogue.vocabularies import Standing, Verdict, judge, read_vocabularies
from jiyue.library.checks import CHECKS, Checked, Moment, Remark
from jiyue.library.content import Relation
from jiyue.library.enums import AcquisitionMode, Openness, RelationKind
from jiyue.library.kinds import KINDS
from jiyue.library.kinds.formats import format_advice, is_web_address
from jiyue.library.models import Resource

OPENNESS_KEY = "review.openness_required"


def check_details(checked: Checked) -> Sequence[Remark]:
    """The kind's own fields: filled where required, in their shape, not too long (LIB-06)."""
    return list(_detail_remarks(checked))


def _detail_remarks(checked: Checked) -> Iterator[Remark]:
    details = checked.content.details
    for field in KINDS.get(checked.content.kind).fields:
        text = details.get(field.name, "").strip()
        if not text:
            if field.is_required:
                yield _detail(field.name, _("“%(field)s” is missing.") % {"field": field.label})
        elif len(text) > field.max_chars:
            words = _("“%(field)s” has more than %(limit)d characters.")
            yield _detail(field.name, words % {"field": field.label, "limit": field.max_chars})
        elif advice := format_advice(field, text):
            yield _detail(
                field.name,
                _("“%(field)s” can't be read: “%(text)s”. %(advice)s")
                % {"field": field.label, "text": text[:40], "advice": advice},
            )


def _detail(name: str, text: str) -> Remark:
    return Remark(text, field=f"details.{name}", clause="GL 四(一)-(四)")


def check_terms(checked: Checked) -> Sequence[Remark]:
    """Categories come from the vocabularies (LIB-05): unknown terms stop, earlier ones are told."""
    content = checked.content
    named = {name: text for name in TAXONOMY_OF_FIELD if (text := getattr(content, name))}
    if not named:
        return []
    vocabularies = read_vocabularies()
    return [
        remark
        for name, text in named.items()
        for verdict in judge(TAXONOMY_OF_FIELD[name], text, vocabularies)
        if (remark := _term_remark(name, verdict))
    ]


def _term_remark(name: str, verdict: Verdict) -> Remark | None:
    label = Taxonomy(TAXONOMY_OF_FIELD[name]).label
    words = {"label": label, "text": verdict.text, "term": verdict.term}
    clause = "GL 五(三)1; NT 20"
    if verdict.standing is Standing.UNKNOWN:
        nearest = " / ".join(verdict.suggestions)
        hint = _(" Did you mean: %(terms)s?") % {"terms": nearest} if nearest else ""
        text = _("“%(text)s” isn't among the %(label)s.") % words
        return Remark(f"{text}{hint}", field=name, clause=clause)
    if verdict.standing is Standing.FORMER:
        text = (
            _("“%(text)s” is an earlier term among the %(label)s; today it is “%(term)s”.") % words
            if verdict.term
            else _("“%(text)s” was taken out of the %(label)s; nothing took its place.") % words
        )
        return Remark(text, is_blocking=False, field=name, clause=clause)
    if verdict.standing is Standing.MAPPED:
        text = _("“%(text)s” is a term of another system and counts as “%(term)s”.") % words
        return Remark(text, is_blocking=False, field=name, clause=clause)
    return None


def check_source(checked: Checked) -> Sequence[Remark]:
    """Reposts name a listed source and its page; texts of the unit aren't passed off as such (REV-27)."""
    return list(_repost_remarks(checked) if checked.content.is_repost else _own_text_remarks(checked))


def _repost_remarks(checked: Checked) -> Iterator[Remark]:
    content = checked.content
    if not content.source_url:
        yield Remark(
            _("A reposted item needs the address of the original page."),
            field="source_url",
            clause="GL 四(一)5; NT 17",
        )
    elif not is_web_address(content.source_url):
        yield Remark(
            _("“%(address)s” is no address of a page. Write the whole address, beginning with https://.")
            % {"address": content.source_url[:80]},
            field="source_url",
        )
    mode = checked.rules.value(MODE_KEY)
    verdict = judge_source(content.source, checked.unit, mode.text, clock.today())
    if verdict.refusal:
        yield Remark(verdict.refusal, field="source", clause=mode.clause)
    elif verdict.needs_added_review:
        yield from _added_review_remarks(checked)


def _added_review_remarks(checked: Checked) -> Iterator[Remark]:
    """The review counts for the very state that was read; at submission it may still be to come."""
    newest = AddedReview.objects.filter(resource=checked.resource, digest=checked.content.digest()).order_by(
        "-pk"
    )
    passed = newest.values_list("is_passed", flat=True).first()
    clause = "GL 四(一)5"
    if passed is False:
        yield Remark(_("The added review of its source says that it may not be reposted."), clause=clause)
    elif passed is None:
        yield Remark(
            _(
                "The source isn't a government body or official medium: an added content and secrecy review "
                "by somebody who didn't write on the item must be on record before release."
            ),
            is_blocking=checked.moment is Moment.RELEASE,
            field="source",
            clause=clause,
        )


def _own_text_remarks(checked: Checked) -> Iterator[Remark]:
    content, unit = checked.content, checked.unit
    if checked.resource.acquisition_mode != AcquisitionMode.SELF_WRITTEN:
        return
    if not content.source or content.source in {unit.name, unit.short_name}:
        return
    if ContentSource.objects.filter(name=content.source).exists():
        yield Remark(
            _("“%(source)s” is a listed source: mark the item as a repost and give the original page.")
            % {"source": content.source},
            field="is_repost",
            clause="GL 四(一)5; NT 17",
        )


def check_openness(checked: Checked) -> Sequence[Remark]:
    """The providing unit states the openness attribute; only what is actively public goes out (REV-17)."""
    openness = checked.content.openness
    if openness and openness != Openness.ACTIVE:
        label = Openness(openness).label if openness in Openness.values else openness
        return [
            Remark(
                _("Its openness attribute is “%(openness)s”: only what is actively public can be released.")
                % {"openness": label},
                field="openness",
                clause="CQ (三); NB 16",
            )
        ]
    rule = checked.rules.value(OPENNESS_KEY)
    is_asked = rule.text == "all" or (
        rule.text == "documents" and KINDS.get(checked.content.kind).is_document
    )
    if openness or not is_asked:
        return []
    words = _("The openness attribute isn't stated; the providing unit has to state it.")
    return [Remark(words, field="openness", clause=rule.clause)]


def check_index_number(checked: Checked) -> Sequence[Remark]:
    """A number given by hand or brought along belongs to no other item (LIB-04)."""
    number = checked.content.index_number
    if not number:
        return []
    owner = IssuedIndexNumber.objects.filter(number=number).values_list("resource_id", flat=True).first()
    if owner in (None, checked.resource.pk):
        return []
    return [
        Remark(
            _("The index number %(number)s belongs to another item. Leave it empty for a number of its own.")
            % {"number": number},
            field="index_number",
            clause="NT 页首; NB 页首",
        )
    ]


def check_relations(checked: Checked) -> Sequence[Remark]:
    """What it changes or interprets exists, is public, and doesn't change it in turn (LIB-07)."""
    relations = checked.content.relations
    if not relations:
        return []
    wanted = {relation.resource_id for relation in relations if relation.resource_id}
    known = set(list_citable(checked.unit).filter(pk__in=wanted).values_list("pk", flat=True))
    known |= _submitted_together(checked)
    remarks = [remark for relation in relations for remark in _relation_remarks(relation, known)]
    if checked.resource.pk in wanted:
        remarks.append(_relation(_("The item names itself among the documents it changes.")))
    elif is_circular(checked.resource.pk, changing_targets(checked.content)):
        remarks.append(
            _relation(
                _("A document named under “What it changes” itself changes this one: that is a circle.")
            )
        )
    return remarks


def _submitted_together(checked: Checked) -> set[int]:
    """Documents of the unit that an interpretation may name before they are public.

    A route may take both only together; at release the document goes out first (HT 二(三)4, REV-10).
    """
    if checked.moment != Moment.SUBMISSION:
        return set()
    named = {
        link.resource_id
        for link in checked.content.relations
        if link.resource_id and link.kind == RelationKind.INTERPRETS
    }
    own = Resource.objects.filter(unit=checked.unit, pk__in=named)
    return set(own.values_list("pk", flat=True))


def _relation_remarks(relation: Relation, known: set[int]) -> Iterator[Remark]:
    if relation.kind not in RelationKind.values:
        yield _relation(_("It isn't stated whether the document is amended, repealed or interpreted."))
    if relation.resource_id and relation.resource_id not in known:
        yield _relation(
            _("A document named under “What it changes” isn't published, or isn't open to your unit.")
        )
    if not relation.resource_id and not relation.title.strip():
        yield _relation(_("A document under “What it changes” has no title."))
    if relation.effective_on and not _is_day(relation.effective_on):
        yield _relation(
            _("“%(day)s” is no day of the calendar. Write it as 2026-11-21.") % {"day": relation.effective_on}
        )


def _relation(text: Text) -> Remark:
    return Remark(text, field="relations", clause="GL 四(一)4; NT 30")


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def register() -> None:
    """Enter the checks of the catalogue."""
    CHECKS.register("catalogue.details", check_details)
    CHECKS.register("catalogue.terms", check_terms)
    CHECKS.register("catalogue.source", check_source)
    CHECKS.register("catalogue.openness", check_openness)
    CHECKS.register("catalogue.index_number", check_index_number)
    CHECKS.register("catalogue.relations", check_relations)
