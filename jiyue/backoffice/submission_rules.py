"""Rules of submission as a contributor reads them before submitting (REV-12; CQ (三))."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from jiyue.backoffice.describing import LABELS
from jiyue.core.errors import DomainError
from jiyue.library.checks import Checked, Moment
from jiyue.library.content import ResourceContent
from jiyue.library.enums import EDITABLE_STATUSES, RelationKind, TimelinessClass
from jiyue.library.kinds import KINDS
from jiyue.library.models import Resource, ResourceRevision
from jiyue.library.scoping import scope_of
from jiyue.library.services import submission_blockers
from jiyue.library.use.corrections import check_correction
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_active_roles
from jiyue.policy.selectors import Rules, read_rules
from jiyue.policy.wording import clause_words, rule_label, words_of
from jiyue.review.enums import PaperKind, SortOfContent
from jiyue.review.models import PaperFiling
from jiyue.review.routing import Route, list_deciding_levels
from jiyue.review.services import route_of
from jiyue.review.submission import Handling

MAX_PAPERS = 50  # newest papers of the unit offered for choosing
MAX_COMPANIONS = 50
INTERPRETATION = "interpretation"
_STYLE_KEYS = ("style.title_max_chars", "style.title_max_marks", "style.paragraph_max_chars")


@dataclass(frozen=True)
class ShownLevel:
    """One level of the route with those who hold the office today."""

    name: str
    unit: str
    people: list[str]
    is_signing: bool


@dataclass(frozen=True)
class SubmissionRules:
    """What applies to one submission.

    Attributes:
        refusal: Why no route can be taken now; the levels are empty then.
        major_reasons: Texts of the rules that make the item major information.
        limits, formats: Rows of what applies, its value and the clause.
    """

    route: Route | None
    levels: list[ShownLevel]
    refusal: DomainError | None
    major_reasons: list[str]
    papers: list[str]
    limits: list[tuple[str, str, str]]
    formats: list[tuple[str, str, str]]


def rules_of(
    resource: Resource, content: ResourceContent, handling: Handling, companion: ResourceContent | None = None
) -> SubmissionRules:
    """Route, papers, time limits, category and format that apply to an item now.

    Args:
        resource: The item.
        content: Its newest state.
        handling: What the clerk chose so far.
        companion: State of the interpretation that goes with it, if any.
    """
    unit = resource.unit
    rules = read_rules(unit)
    scope = scope_of([content, *([companion] if companion else [])], unit)
    route: Route | None = None
    refusal: DomainError | None = None
    reasons: list[str] = []
    levels: list[ShownLevel] = []
    try:
        route, reasons = route_of(unit, scope, handling)
        levels = _levels(route, unit, rules)
    except DomainError as error:
        refusal = error
    return SubmissionRules(
        route=route,
        levels=levels,
        refusal=refusal,
        major_reasons=reasons,
        papers=[str(PaperKind(kind).label) for kind in route.papers] if route else [],
        limits=list(_limits(content, handling, rules)),
        formats=[
            (_("Sort of content"), str(SortOfContent(scope.sort).label), ""),
            (_("Subject category"), content.subject_category or _("not chosen"), ""),
            *_formats(content, rules),
        ],
    )


def _levels(route: Route, unit: Organization, rules: Rules) -> list[ShownLevel]:
    levels = list_deciding_levels(route, unit, rules)
    units = [one for _level, one in levels]
    rows = get_active_roles().filter(unit__in=units, role__in={level.role for level, _one in levels})
    people: dict[tuple[int, str], list[str]] = {}
    for unit_id, role, name in rows.order_by("person__name").values_list("unit_id", "role", "person__name"):
        people.setdefault((unit_id, role), []).append(name)
    return [
        ShownLevel(
            level.name or str(StaffRole(level.role).label),
            one.name,
            people.get((one.pk, level.role), []),
            level.gates or level.secrecy,
        )
        for level, one in levels
    ]


def _limits(content: ResourceContent, handling: Handling, rules: Rules) -> Iterator[tuple[str, str, str]]:
    keys = ["review.step_term.urgent" if handling.is_urgent else "review.step_term"]
    keys.append(f"publish.limit.{content.timeliness or TimelinessClass.OTHER}")
    if content.timeliness == TimelinessClass.MAJOR_EVENT:
        keys.append("publish.limit.major_event.aim")
    yield from (_row(key, rules) for key in keys if rules.stated(key))


def _formats(content: ResourceContent, rules: Rules) -> Iterator[tuple[str, str, str]]:
    kind = KINDS.get(content.kind)
    required = [str(LABELS[name]) for name in kind.required if name in LABELS]
    required += [str(field.label) for field in kind.fields if field.is_required]
    yield _("Must be filled in"), _(", ").join(required), ""
    yield from (_row(key, rules) for key in _STYLE_KEYS if rules.stated(key))


def _row(key: str, rules: Rules) -> tuple[str, str, str]:
    value = rules.value(key)
    return rule_label(key), words_of(value), clause_words(value.clause)


def blockers_before_page(resource: Resource, content: ResourceContent, actor: StaffAccount) -> list[str]:
    """Why an item can't be submitted, without what the submission page itself asks for.

    What was wrong with a public item is written down on that page (REV-30).
    """
    reasons = [str(reason) for reason in submission_blockers(resource, actor=actor)]
    unit = resource.unit
    checked = Checked(resource, content, unit, read_rules(unit), Moment.SUBMISSION)
    asked_there = {str(remark.text) for remark in check_correction(checked)}
    return [reason for reason in reasons if reason not in asked_there]


def list_choosable_papers(unit: Organization) -> list[PaperFiling]:
    """Papers on file for a unit, newest first."""
    return list(PaperFiling.objects.filter(unit=unit).order_by("-pk")[:MAX_PAPERS])


def list_companions(resource: Resource, content: ResourceContent) -> list[Resource]:
    """Items that may go out together with this one: the interpretations that name a document.

    The relation stands in the interpretation; from either side the other one is found.
    """
    if content.kind == INTERPRETATION:
        ids = [link.resource_id for link in content.relations if link.kind == RelationKind.INTERPRETS]
        wanted = [pk for pk in ids if pk is not None]
        return list(_free(resource.unit).filter(pk__in=wanted)[:MAX_COMPANIONS])
    newest = ResourceRevision.objects.filter(
        resource__in=_free(resource.unit).filter(kind=INTERPRETATION).values("pk"),
        number=F("resource__last_revision"),
    ).select_related("resource__unit")
    return [
        revision.resource
        for revision in newest.order_by("-pk")[:MAX_COMPANIONS]
        if any(
            link.kind == RelationKind.INTERPRETS and link.resource_id == resource.pk
            for link in revision.content.relations
        )
    ]


def _free(unit: Organization) -> QuerySet[Resource]:
    return Resource.objects.filter(unit=unit, status__in=EDITABLE_STATUSES).select_related("unit")
