"""Who answers for an item: one query over everything that people did with it.

Each principle of the regulations (谁主管、谁运行、谁发布、谁审核、谁持有) reads one part of
the answer: `SUPERVISE`, `OPERATE`, `PUBLISH`, `REVIEW` or `APPROVE`, and the
account that each act carries.

Source: NT 14; HT 一¶1; NB 4-6; CQ (十九) (ORG-14).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, DateTimeField, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.library.models import Edition, ResourceRevision, Withdrawal
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.library.use.models import UseRecord
from jiyue.review.enums import CaseStatus, ReviewVerb
from jiyue.review.models import ReviewAction
from jiyue.sites.enums import SiteRoleName
from jiyue.sites.models import SiteRole

ENTER, EDIT, SUBMIT, REVIEW, APPROVE = "enter", "edit", "submit", "review", "approve"
RETURN, RECALL, REVISE, HOLD, RESUME = "return", "recall", "revise", "hold", "resume"
MARK, ASSESS = "mark", "assess"
PUBLISH, WITHDRAW, SUPERVISE, OPERATE = "publish", "withdraw", "supervise", "operate"
ACTS: dict[str, Promise] = {
    ENTER: _("entered the item"),
    EDIT: _("edited the item"),
    SUBMIT: _("submitted the item"),
    REVIEW: _("reviewed the item"),
    APPROVE: _("gave the last approval"),
    RETURN: _("returned the item"),
    RECALL: _("took the item back"),
    REVISE: _("changed during review"),
    HOLD: _("held and referred"),
    RESUME: _("took up again"),
    MARK: _("marked the item as sensitive"),
    ASSESS: _("assessed the risk"),
    PUBLISH: _("published the item"),
    WITHDRAW: _("withdrew the item"),
    SUPERVISE: _("supervises the website"),
    OPERATE: _("operates the website"),
}
_COLUMNS = ("at", "act", "who", "login_name", "of_unit", "role", "level", "authority", "for_whom", "number")
_TEXT = CharField(max_length=1000)
_NO_MOMENT = Cast(Value(None), DateTimeField())


@dataclass(frozen=True)
class Answer:
    """One person or unit that answers for one act.

    Attributes:
        at: When; None for what a unit is for a website.
        act: A key of `ACTS`.
        who: Name of the person; blank where a unit answers.
        login_name: The account that was used.
        of_unit: Unit of the account, or the unit that answers.
        role: The office that decided, a `StaffRole`.
        level: What the route calls it.
        authority: By what: office, delegation or duty (`review.enums.Authority`).
        for_whom: In whose place, under a delegation.
        number: Number of the version; 0 where there is none.
    """

    at: datetime | None
    act: str
    who: str
    login_name: str
    of_unit: str
    role: str
    level: str
    authority: str
    for_whom: str
    number: int


def who_answers(resource_id: int, *, edition: Edition | None = None) -> list[Answer]:
    """Everybody who answers for an item, oldest act first, websites last; one query.

    Args:
        resource_id: The item.
        edition: Only what led to this public version and what became of it.

    Source: NT 14; HT 一¶1; NB 4-6; CQ (十九) (ORG-14).
    """
    first, *others = _parts(resource_id, edition)
    answers = [Answer(*row) for row in first.union(*others, all=True)]
    return sorted(answers, key=lambda answer: (answer.at is None, answer.at and answer.at.timestamp()))


def _parts(resource_id: int, edition: Edition | None) -> Iterable[QuerySet[Any]]:
    revisions = ResourceRevision.objects.filter(resource=resource_id)
    actions = ReviewAction.objects.filter(
        case__items__subject_type=SUBJECT_TYPE, case__items__subject_key=str(resource_id)
    )
    editions = Edition.objects.filter(resource=resource_id)
    withdrawals = Withdrawal.objects.filter(resource=resource_id)
    if edition is not None:
        revisions = revisions.filter(pk__lte=edition.revision_id)
        actions = actions.filter(case=edition.case_id)
        editions = editions.filter(pk=edition.pk)
        withdrawals = withdrawals.filter(edition=edition)
    last = _last_approvals(actions)
    yield _rows(revisions.filter(number=1), F("created_at"), Value(ENTER), number=F("number"))
    yield _rows(revisions.filter(number__gt=1), F("created_at"), Value(EDIT), number=F("number"))
    for verb in (SUBMIT, RETURN, RECALL, REVISE, HOLD, RESUME, MARK, ASSESS):  # called the same here
        yield _decisions(actions.filter(verb=verb), verb)
    approvals = actions.filter(verb=ReviewVerb.APPROVE)
    yield _decisions(approvals.exclude(pk__in=last), REVIEW)
    yield _decisions(approvals.filter(pk__in=last), APPROVE)
    yield _published(editions)
    yield _rows(withdrawals, F("withdrawn_at"), Value(WITHDRAW), number=F("edition__number"))
    yield _site_part(resource_id, SiteRoleName.SUPERVISING_UNIT, SUPERVISE)
    yield _site_part(resource_id, SiteRoleName.OPERATOR, OPERATE)


def _last_approvals(actions: QuerySet[ReviewAction]) -> QuerySet[Any]:
    """The approval that completed each case."""
    newest = ReviewAction.objects.filter(case=OuterRef("case"), verb=ReviewVerb.APPROVE).order_by("-pk")
    complete = actions.filter(case__status=CaseStatus.APPROVED)
    return complete.filter(pk=Subquery(newest.values("pk")[:1])).order_by().values("pk")


def _rows(rows: QuerySet[Any], moment: Combinable, act: Value, **values: Any) -> QuerySet[Any]:
    """Rows of one table in the common columns; `account` and `person` are its own unless given."""
    columns: dict[str, Any] = {
        "at": moment,
        "act": act,
        "who": F("person__name"),
        "login_name": F("account__login_name"),
        "of_unit": F("account__unit__name"),
        "role": Value(""),
        "level": Value(""),
        "authority": Value(""),
        "for_whom": Value(""),
        "number": Value(0),
        **values,
    }
    annotated = {f"c_{name}": _typed(name, column) for name, column in columns.items() if name != "at"} | {
        "c_at": columns["at"]
    }
    found: QuerySet[Any] = rows.order_by().annotate(**annotated)
    return found.values_list(*(f"c_{name}" for name in _COLUMNS))


def _typed(name: str, column: Any) -> Any:
    """The same type in every part of the union, which PostgreSQL insists on."""
    if name == "number":
        return Cast(column, IntegerField())
    return Coalesce(Cast(column, _TEXT), Value("", output_field=_TEXT), output_field=_TEXT)


def _decisions(actions: QuerySet[ReviewAction], act: str) -> QuerySet[Any]:
    return _rows(
        actions,
        F("created_at"),
        Value(act),
        role=F("step__role"),
        level=F("step__label"),
        authority=F("authority"),
        for_whom=F("on_behalf_of__name"),
        number=F("round"),
    )


def _published(editions: QuerySet[Edition]) -> QuerySet[Any]:
    """Nobody publishes by hand: whoever gave the last approval answers for the publication."""
    newest = ReviewAction.objects.filter(case=OuterRef("case"), verb=ReviewVerb.APPROVE).order_by("-pk")

    def of(path: str) -> Subquery:
        return Subquery(newest.values(path)[:1])

    return _rows(
        editions,
        F("published_at"),
        Value(PUBLISH),
        who=of("person__name"),
        login_name=of("account__login_name"),
        of_unit=of("account__unit__name"),
        role=of("step__role"),
        level=of("step__label"),
        authority=of("authority"),
        for_whom=of("on_behalf_of__name"),
        number=F("number"),
    )


def _site_part(resource_id: int, role: SiteRoleName, act: str) -> QuerySet[Any]:
    """What units are, or were, for the websites on which the item stands or stood."""
    sites = UseRecord.objects.filter(resource=resource_id, site__isnull=False).values("site")
    return _rows(
        SiteRole.objects.filter(site__in=sites, role=role),
        _NO_MOMENT,
        Value(act),
        who=Value(""),
        login_name=Value(""),
        of_unit=F("unit__name"),
        level=F("site__name"),
    )
