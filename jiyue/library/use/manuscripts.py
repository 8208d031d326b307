"""Original manuscripts: kept, compared with the text that goes out, explained, sent back (REV-26)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.files import PURPOSES, Purpose, store_file
from jiyue.core.models import PrivateFile
from jiyue.core.text import storable
from jiyue.library.checks import Checked, Remark
from jiyue.library.content import MAX_TITLE_CHARS, ResourceContent
from jiyue.library.fingerprints import fingerprint, fingerprint_of
from jiyue.library.importing import parse_document
from jiyue.library.models import Resource
from jiyue.library.permissions import can_edit_in, require_editor
from jiyue.library.richtext import html_to_text
from jiyue.library.selectors import get_current_revision, get_readable_unit_ids
from jiyue.library.use.models import Manuscript, ManuscriptExplanation, ManuscriptProblem
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_active_roles
from jiyue.organizations.services import notify

MAX_TEXT_CHARS = 400_000  # the longest code of laws
MAX_WORDS_CHARS = 2_000  # of an explanation, a problem, an answer: a limit against abuse
PURPOSE = "manuscript"
CLAUSE = "GL 八(二)1"


class ManuscriptRefused(DomainError):
    """Something about a manuscript that can't be done."""

    code = "manuscript_refused"


@dataclass(frozen=True)
class HandedIn:
    """What the business unit handed in: a text, or a file whose text is read.

    Attributes:
        provider: The unit it comes from.
        title, text: As written there; the file's text where `text` is empty.
        file_name, data: The file as it came, kept unchanged.
    """

    provider: Organization
    title: str = ""
    text: str = ""
    file_name: str = ""
    data: bytes = b""


def get_latest_manuscript(resource: Resource) -> Manuscript | None:
    """The manuscript of the newest round, or None."""
    return Manuscript.objects.filter(resource=resource).order_by("-round").first()


def list_manuscripts(resource: Resource) -> QuerySet[Manuscript]:
    """All rounds, newest first, with provider and file."""
    return (
        Manuscript.objects.filter(resource=resource)
        .select_related("provider", "file", "account__person")
        .prefetch_related("problems__sent_by__person", "problems__answered_by__person")
        .order_by("-round")
    )


def is_different(manuscript: Manuscript, content: ResourceContent) -> bool:
    """Tell whether the text that is to go out differs from the manuscript in words."""
    title = manuscript.title or content.title
    return fingerprint(title, manuscript.text) != fingerprint_of(content)


def get_explanation(manuscript: Manuscript, content: ResourceContent) -> ManuscriptExplanation | None:
    """Why this very state differs, or None where nobody has said so."""
    return manuscript.explanations.filter(digest=fingerprint_of(content)).first()


@transaction.atomic
def keep_manuscript(*, resource: Resource, handed_in: HandedIn, actor: StaffAccount) -> Manuscript:
    """Keep what the business unit handed in, as a new round.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the item's unit.
        ManuscriptRefused: It has no text, or too much of it.
        FileRefused, UnreadableDocument, DocumentTooLarge: The file can't be kept or read.

    Source: GL 八(二)1 (REV-26).
    """
    resource = Resource.objects.select_for_update(of=("self",)).select_related("unit").get(pk=resource.pk)
    require_editor(actor, resource.unit)
    title, text = storable(handed_in.title).strip(), storable(handed_in.text).strip()
    file = None
    if handed_in.data:
        file = store_file(
            data=handed_in.data,
            original_name=handed_in.file_name,
            purpose=PURPOSE,
            unit_id=resource.unit_id,
            actor=actor.audit_actor(),
        )
        if not text:
            document = parse_document(handed_in.file_name, handed_in.data)
            title, text = title or document.title, html_to_text(document.body_html)
    _require_text(text)
    last = get_latest_manuscript(resource)
    title = title[:MAX_TITLE_CHARS]
    manuscript = Manuscript.objects.create(
        resource=resource,
        round=last.round + 1 if last else 1,
        title=title,
        text=text,
        file=file,
        provider=handed_in.provider,
        digest=fingerprint(title, text),
        account=actor,
        kept_at=clock.now(),
    )
    audit.record(
        actor=actor.audit_actor(),
        verb="manuscript.kept",
        subject_type="resource",
        subject_id=resource.pk,
        number=manuscript.round,
        source=handed_in.provider.name,
        digest=manuscript.digest,
    )
    return manuscript


def _require_text(text: str) -> None:
    if not text:
        raise ManuscriptRefused(
            _("The manuscript has no text."),
            fix=_("Paste its text, or upload a file that has text (.docx, .txt, .html)."),
            field="text",
        )
    if len(text) > MAX_TEXT_CHARS:
        raise ManuscriptRefused(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": MAX_TEXT_CHARS},
            fix=_("Upload it as a file of several items."),
            field="text",
        )


@transaction.atomic
def explain_differences(*, resource: Resource, text: str, actor: StaffAccount) -> ManuscriptExplanation:
    """Say why the newest state differs from the manuscript; once for each state.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the item's unit.
        ManuscriptRefused: There is no manuscript, no difference, no text, or it was explained already.

    Source: GL 八(二)1 (REV-26).
    """
    require_editor(actor, resource.unit)
    manuscript = get_latest_manuscript(resource)
    content = get_current_revision(resource).content
    if manuscript is None or not is_different(manuscript, content):
        raise ManuscriptRefused(
            _("There is no difference from a manuscript to explain."), fix=_("Reload the page.")
        )
    words = _words(text, "explanation")
    try:
        with transaction.atomic():
            explanation = ManuscriptExplanation.objects.create(
                manuscript=manuscript,
                digest=fingerprint_of(content),
                text=words,
                account=actor,
                explained_at=clock.now(),
            )
    except IntegrityError:
        raise ManuscriptRefused(
            _("The differences of this version have been explained already."), fix=_("Reload the page.")
        ) from None
    audit.record(
        actor=actor.audit_actor(),
        verb="manuscript.explained",
        subject_type="resource",
        subject_id=resource.pk,
        number=manuscript.round,
        reason=words,
    )
    return explanation


def check_manuscript(checked: Checked) -> Sequence[Remark]:
    """Stop a text that differs from its manuscript while nobody says why."""
    manuscript = get_latest_manuscript(checked.resource)
    if manuscript is None or not is_different(manuscript, checked.content):
        return ()
    if get_explanation(manuscript, checked.content):
        return ()
    return (
        Remark(
            _("The text differs from the original manuscript; explain the differences on the item's page."),
            field="manuscript",
            clause=CLAUSE,
        ),
    )


@transaction.atomic
def send_problem_back(*, manuscript: Manuscript, problem: str, actor: StaffAccount) -> ManuscriptProblem:
    """Tell the unit that handed a manuscript in what is wrong with it.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the item's unit.
        ManuscriptRefused: No words, or too many.

    Source: GL 八(二)1 (REV-26): problems in the original go back to the provider.
    """
    resource = manuscript.resource
    require_editor(actor, resource.unit)
    row = ManuscriptProblem.objects.create(
        manuscript=manuscript, problem=_words(problem, "problem"), sent_by=actor, sent_at=clock.now()
    )
    audit.record(
        actor=actor.audit_actor(),
        verb="manuscript.problem_sent",
        subject_type="resource",
        subject_id=resource.pk,
        number=manuscript.round,
        reason=row.problem,
        unit=manuscript.provider.name,
    )
    clerks = get_active_roles().filter(
        unit=manuscript.provider, role__in=(StaffRole.ENTRY_CLERK, StaffRole.INFORMATION_OFFICER)
    )
    notify(
        person_ids=clerks.values_list("person_id", flat=True),
        topic="manuscript.problem",
        title=gettext("A manuscript of your unit has a problem: %(title)s")
        % {"title": manuscript.title or resource.title},
        key=f"manuscript.problem:{row.pk}",
        body=row.problem,
        path=f"/manuscripts/problems/{row.pk}/",
    )
    return row


@transaction.atomic
def answer_problem(*, problem: ManuscriptProblem, answer: str, actor: StaffAccount) -> ManuscriptProblem:
    """Answer as the unit that handed the manuscript in; once.

    Raises:
        ManuscriptRefused: Another unit's, answered already, or no words.

    Source: GL 八(二)1 (REV-26).
    """
    problem = (
        ManuscriptProblem.objects.select_for_update(of=("self",))
        .select_related("manuscript__resource", "sent_by")
        .get(pk=problem.pk)
    )
    if not can_edit_in(actor, problem.manuscript.provider_id):
        raise ManuscriptRefused(
            _("Only the unit that handed the manuscript in can answer."),
            fix=_("Ask one of its entry clerks."),
        )
    if problem.answered_at:
        raise ManuscriptRefused(_("This has been answered already."), fix=_("Reload the page."))
    problem.answer, problem.answered_by, problem.answered_at = _words(answer, "answer"), actor, clock.now()
    problem.save(update_fields=["answer", "answered_by", "answered_at"])
    resource = problem.manuscript.resource
    audit.record(
        actor=actor.audit_actor(),
        verb="manuscript.problem_answered",
        subject_type="resource",
        subject_id=resource.pk,
        opinion=problem.answer,
    )
    notify(
        person_ids=[problem.sent_by.person_id],
        topic="manuscript.answer",
        title=gettext("Answer about a manuscript: %(title)s") % {"title": resource.title},
        key=f"manuscript.answer:{problem.pk}",
        body=problem.answer,
        path=f"/resources/{resource.pk}/",
    )
    return problem


def list_problems_for(account: StaffAccount) -> QuerySet[ManuscriptProblem]:
    """Problems that the account's units sent or are to answer, open ones first."""
    units = get_active_roles().filter(person=account.person_id).values("unit_id")
    rows = ManuscriptProblem.objects.filter(
        manuscript__provider__in=units
    ) | ManuscriptProblem.objects.filter(manuscript__resource__unit__in=units)
    return rows.select_related("manuscript__resource__unit", "manuscript__provider").order_by(
        "answered_at", "-pk"
    )


def _words(text: str, field: str) -> str:
    text = storable(text).strip()
    if not text:
        raise ManuscriptRefused(_("The text is empty."), fix=_("Write it in your own words."), field=field)
    if len(text) > MAX_WORDS_CHARS:
        raise ManuscriptRefused(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": MAX_WORDS_CHARS},
            fix=_("Shorten it and send it again; nothing you typed is lost."),
            field=field,
        )
    return text


def _may_open(file: PrivateFile, actor: AuditActor) -> bool:
    manuscript = Manuscript.objects.select_related("resource").filter(file=file).first()
    account = StaffAccount.objects.filter(pk=actor.account_id or 0).first()
    if manuscript is None or account is None:
        return False
    return bool(get_readable_unit_ids(account) & {manuscript.resource.unit_id, manuscript.provider_id})


def register() -> None:
    """Enter the purpose of the files kept here."""
    PURPOSES.register(PURPOSE, _PURPOSE)


_PURPOSE = Purpose(label=_("original manuscript"), may_open=_may_open)
