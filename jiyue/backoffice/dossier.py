"""What whoever decides on an item has before them: the pinned state and everything said about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.comparing import FieldDifference, compare
from jiyue.backoffice.describing import LABELS, described_fields, get_channel_names
from jiyue.backoffice.marking import mark_body
from jiyue.backoffice.selectors import get_edition_before, get_pinned_revision
from jiyue.library.checks import CHECKS, Checked, Moment, Remark
from jiyue.library.content import Attachment, ResourceContent
from jiyue.library.kinds import KINDS, Kind
from jiyue.library.models import Edition, MediaFile, ResourceRevision
from jiyue.library.textchecking import check_content
from jiyue.library.use.corrections import list_open_corrections
from jiyue.library.use.models import CorrectionRecord
from jiyue.policy.selectors import read_rules
from jiyue.review.enums import ReviewVerb
from jiyue.review.models import CaseItem, ReviewAction, ReviewCase
from jiyue.textcheck.findings import WEIGHT, Finding, Severity

TEXT_CHECK = "texts"  # its findings are shown at the words, so they aren't listed twice
BODY = "body_html"
SEVERITY_WORDS: dict[Severity, Promise] = {
    Severity.VETO: _("veto: stops the release"),
    Severity.ERROR: _("error"),
    Severity.WARNING: _("warning"),
    Severity.ADVICE: _("advice"),
}


@dataclass(frozen=True)
class ShownFinding:
    """One finding of the text checks, with its number at the words and why it stays."""

    number: int
    finding: Finding
    field_label: Promise | str
    reason: str

    @property
    def severity_words(self) -> Promise:
        """How much it weighs, in words."""
        return SEVERITY_WORDS[self.finding.severity]


@dataclass(frozen=True)
class EarlierState:
    """A state that reviewers know already, and what has changed since.

    Attributes:
        action: The approval or return in which they saw it.
    """

    action: ReviewAction
    differences: list[FieldDifference]


@dataclass(frozen=True)
class Dossier:
    """One item of a case.

    Attributes:
        body: The text with marks at the findings.
        before: The public edition that this state replaces.
        differences: Against that edition.
        earlier: The state approved in an earlier round, or the one returned last.
        remarks: What the other checks say today.
    """

    item: CaseItem
    revision: ResourceRevision
    content: ResourceContent
    kind: Kind
    fields: list[tuple[Promise, str]]
    body: SafeString
    attachments: list[tuple[Attachment, MediaFile | None]]
    before: Edition | None
    differences: list[FieldDifference]
    earlier: EarlierState | None
    remarks: list[Remark]
    findings: list[ShownFinding]
    corrections: list[CorrectionRecord]

    @property
    def check_count(self) -> int:
        """How many things the checks have to say."""
        return len(self.remarks) + len(self.findings)


def read_dossier(case: ReviewCase, item: CaseItem) -> Dossier:
    """Everything about one item of a case.

    Args:
        case: The case, with its actions and steps read already.
        item: One of its items.
    """
    revision = get_pinned_revision(item)
    content = revision.content
    before = get_edition_before(case, revision.resource)
    known = _known_state(case, item)
    states = [content, *([before.content] if before else []), *([known[1].content] if known else [])]
    names = get_channel_names(*states)
    wanted = [attachment.media for attachment in content.attachments]
    files = {
        media.name: media
        for media in MediaFile.objects.filter(unit_id=revision.resource.unit_id, name__in=wanted)
    }
    remarks, findings = _checks(revision, content)
    return Dossier(
        item=item,
        revision=revision,
        content=content,
        kind=KINDS.get(content.kind),
        fields=described_fields(content, names),
        body=_marked(content, findings),
        attachments=[(attachment, files.get(attachment.media)) for attachment in content.attachments],
        before=before,
        differences=_since_public(before, content, names) if before else [],
        earlier=_earlier(known, content, names),
        remarks=remarks,
        findings=findings,
        corrections=list(list_open_corrections(revision.resource)) if before else [],
    )


def _since_public(before: Edition, content: ResourceContent, names: dict[int, str]) -> list[FieldDifference]:
    if not content.index_number:  # the platform gives a new version the number of the earlier one
        content = content.with_values(index_number=before.index_number)
    return compare(before.content, content, channel_names=names)


def _earlier(
    known: tuple[ReviewAction, ResourceRevision] | None, content: ResourceContent, names: dict[int, str]
) -> EarlierState | None:
    if known is None:
        return None
    return EarlierState(known[0], compare(known[1].content, content, channel_names=names))


def _known_state(case: ReviewCase, item: CaseItem) -> tuple[ReviewAction, ResourceRevision] | None:
    """What reviewers saw last: approved in an earlier round of this case, or returned in the case before."""
    if case.round > 1:
        approvals = [
            action
            for action in case.actions.all()
            if action.verb == ReviewVerb.APPROVE and action.round < case.round
        ]
        if approvals:
            pin = _pin_in_round(case, item, approvals[-1].round)
            return approvals[-1], ResourceRevision.objects.get(pk=pin)
    returned = (
        ReviewAction.objects.filter(
            verb=ReviewVerb.RETURN,
            case__items__subject_type=item.subject_type,
            case__items__subject_key=item.subject_key,
            case__pk__lt=case.pk,
        )
        .select_related("person", "case")
        .order_by("-pk")
        .first()
    )
    if returned is None:
        return None
    sent_back = returned.case.items.get(subject_key=item.subject_key)
    return returned, ResourceRevision.objects.get(pk=sent_back.pin)


def _pin_in_round(case: ReviewCase, item: CaseItem, number: int) -> str:
    """Which state an item had in a round: what the first change after that round replaced."""
    for action in case.actions.all():
        is_change = action.verb == ReviewVerb.REVISE and action.round > number
        if is_change and action.record_json.get("item") == item.pk:
            return str(action.record_json["from_pin"])
    return item.pin


def _checks(revision: ResourceRevision, content: ResourceContent) -> tuple[list[Remark], list[ShownFinding]]:
    """What the checks say about the pinned state under the rules of today."""
    unit = revision.resource.unit
    rules = read_rules(unit)
    checked = Checked(revision.resource, content, unit, rules, Moment.RELEASE)
    remarks = [remark for name, check in CHECKS if name != TEXT_CHECK for remark in check(checked)]
    remarks.sort(key=lambda remark: not remark.is_blocking)
    found = sorted(
        check_content(content, unit=unit, rules=rules), key=lambda finding: WEIGHT[finding.severity]
    )
    shown = [
        ShownFinding(
            number, finding, _field_label(content, finding), content.justifications.get(finding.key, "")
        )
        for number, finding in enumerate(found, start=1)
    ]
    return remarks, shown


def _field_label(content: ResourceContent, finding: Finding) -> Promise | str:
    name = finding.field
    if name.startswith("details."):
        field = KINDS.get(content.kind).get_field(name.removeprefix("details."))
        return field.label if field else name
    return LABELS.get(name.partition(".")[0], "") or ""


def _marked(content: ResourceContent, findings: Sequence[ShownFinding]) -> SafeString:
    in_body = [(shown.number, shown.finding) for shown in findings if shown.finding.field == BODY]
    return mark_body(content.body_html, in_body)
