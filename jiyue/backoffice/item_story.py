"""The whole life of one item in the order of time, for a page and for a file (REV-03, ORG-14)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from jiyue.backoffice.comparing import FieldDifference, compare
from jiyue.backoffice.describing import LABELS, get_channel_names
from jiyue.backoffice.storytelling import level_name, tell
from jiyue.library.accountability import Answer, who_answers
from jiyue.library.models import Edition, Resource, ResourceRevision, Withdrawal
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.library.use.models import CorrectionRecord, DateChange
from jiyue.review.enums import ReviewVerb
from jiyue.review.models import ReviewAction
from jiyue.review.selectors import get_history

MAX_COMPARED = 30  # newest edits told with their differences; older ones are compared on their own page
_TITLES: dict[str, Promise] = LABELS


@dataclass(frozen=True)
class Passage:
    """One thing that happened.

    Attributes:
        who: Person, account and unit.
        opinion: Words that a person wrote.
        notes: What was signed, by what somebody decided, how long it took.
        differences: What an edit changed; None where it isn't told here.
        versions: Numbers of the two states that an edit lies between.
    """

    at: datetime
    sentence: str
    who: str = ""
    opinion: str = ""
    notes: tuple[str, ...] = ()
    differences: list[FieldDifference] | None = None
    versions: tuple[int, int] | None = None


@dataclass(frozen=True)
class ItemStory:
    """An item's life, and who answers for it.

    Attributes:
        index_number: Of the newest public version; blank before the first one.
    """

    resource: Resource
    index_number: str
    passages: list[Passage]
    answers: list[Answer]


def tell_item(resource: Resource) -> ItemStory:
    """Retell everything that happened to an item, oldest first.

    Source: NT 14; GL 七(一)4 (REV-03): person, time, opinion and text difference of each act.
    """
    editions = list(
        Edition.objects.filter(resource=resource)
        .only("number", "index_number", "published_at", "case_id", "resource_id")
        .order_by("number")
    )
    passages = [
        *_edits(resource),
        *_reviews(resource),
        *(
            Passage(
                edition.published_at,
                _("Public version %(number)d was released.") % {"number": edition.number},
            )
            for edition in editions
        ),
        *_afterwards(resource),
    ]
    index_number = editions[-1].index_number if editions else ""
    passages.sort(key=lambda passage: passage.at)
    return ItemStory(resource, index_number, passages, who_answers(resource.pk))


def _edits(resource: Resource) -> Iterator[Passage]:
    revisions = list(
        ResourceRevision.objects.filter(resource=resource)
        .defer("content_json")
        .select_related("person", "account__unit")
        .order_by("number")
    )
    wanted = {revision.pk for revision in revisions[-MAX_COMPARED - 1 :]}
    states = {
        revision.pk: revision.content
        for revision in ResourceRevision.objects.filter(pk__in=wanted).only("content_json")
    }
    names = get_channel_names(*states.values())
    before: ResourceRevision | None = None
    for revision in revisions:
        who = _account(revision)
        if before is None:
            words = _("Entered (%(mode)s).") % {"mode": resource.get_acquisition_mode_display()}
            yield Passage(revision.created_at, words, who)
        else:
            old, new = states.get(before.pk), states.get(revision.pk)
            yield Passage(
                revision.created_at,
                _("The text was edited: version %(number)d.") % {"number": revision.number},
                who,
                differences=compare(old, new, channel_names=names) if old and new else None,
                versions=(before.number, revision.number),
            )
        before = revision


def _reviews(resource: Resource) -> Iterator[Passage]:
    accounts = {
        action.pk: _account(action)
        for action in ReviewAction.objects.filter(
            case__items__subject_type=SUBJECT_TYPE, case__items__subject_key=str(resource.pk)
        ).select_related("person", "account__unit")
    }
    for chapter in tell(get_history(SUBJECT_TYPE, resource.pk)):
        for event in chapter.events:
            action = event.action
            notes = list(event.notes)
            if action.step and action.verb in (ReviewVerb.APPROVE, ReviewVerb.RETURN):
                notes.insert(0, _("Level: %(level)s.") % {"level": level_name(action.step)})
            yield Passage(
                action.created_at, event.sentence, accounts.get(action.pk, ""), action.opinion, tuple(notes)
            )


def _afterwards(resource: Resource) -> Iterator[Passage]:
    """Errors found and mended, dates that changed, withdrawals."""
    records = CorrectionRecord.objects.filter(resource=resource).select_related(
        "person", "account__unit", "edition", "fix__edition"
    )
    for record in records:
        notes = [
            _("%(kind)s; found by: %(finder)s")
            % {
                "kind": record.get_kind_display(),
                "finder": record.get_finder_display(),
            }
        ]
        if record.reference:
            notes.append(record.reference)
        words = _("An error in public version %(number)d was recorded.") % {"number": record.edition.number}
        yield Passage(record.recorded_at, words, _account(record), record.error, tuple(notes))
        if hasattr(record, "fix"):
            words = _("The error was mended by public version %(number)d.") % {
                "number": record.fix.edition.number
            }
            yield Passage(record.fix.fixed_at, words, opinion=record.error)
    for change in DateChange.objects.filter(resource=resource).select_related("writer"):
        words = _("A displayed date changed: %(field)s, from %(before)s to %(after)s.") % {
            "field": _TITLES.get(change.field, change.field),
            "before": change.before or _("none"),
            "after": change.after or _("none"),
        }
        yield Passage(change.noticed_at, words, change.writer.name)
    withdrawals = Withdrawal.objects.filter(resource=resource)
    for withdrawal in withdrawals.select_related("person", "account__unit", "edition"):
        words = _("Public version %(number)d was withdrawn: %(reason)s.") % {
            "number": withdrawal.edition.number,
            "reason": withdrawal.get_reason_type_display(),
        }
        yield Passage(withdrawal.withdrawn_at, words, _account(withdrawal), withdrawal.reason)


def _account(row: ResourceRevision | ReviewAction | CorrectionRecord | Withdrawal) -> str:
    unit = row.account.unit
    return f"{row.person.name}（{unit.short_name or unit.name}，{row.account.login_name}）"
