"""What the editor asks while a clerk writes: clean-up of clipboard text, format, Word files."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiyue.backoffice.access import ClerkView, StaffView
from jiyue.backoffice.describing import LABELS
from jiyue.core import virus_scan
from jiyue.core.errors import DomainError
from jiyue.library.drafting.pasting import Pasted, clean_paste, read_word_file
from jiyue.library.drafting.tidying import Change, tidy
from jiyue.library.importing import ParsedDocument


def refusal_answer(error: DomainError, *, status: int = 422) -> HttpResponse:
    """A refusal in the one shape that the back office's scripts read."""
    body = {"code": error.code, "message": str(error.message), "fix": str(error.fix), "field": error.field}
    return JsonResponse({"error": body}, status=status)


class EditorSessionView(StaffView):
    """Tells an open editor that its sign-in holds, and hands out a fresh token."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer with the token and the account; without a sign-in the answer leads to the sign-in page."""
        return JsonResponse({"token": get_token(request), "account": self.account.pk})


class EditorSignedInView(StaffView):
    """The page on which a sign-in from the editor ends: go back to the other tab."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Say so."""
        return self.page("editor_signed_in.html")


class TextCleanView(ClerkView):
    """Clipboard text, cleaned; it is kept nowhere."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer with text of the library, and what was left out."""
        try:
            pasted = clean_paste(request.POST.get("html", ""))
        except DomainError as error:
            return refusal_answer(error, status=413)
        return JsonResponse({"html": pasted.html, "notes": paste_notes(pasted)})


def paste_notes(pasted: Pasted) -> list[str]:
    """What a clerk should know about pasted text."""
    notes = []
    if pasted.pictures_left_out:
        text = ngettext(
            "%(count)d picture couldn't be taken along from the clipboard. "
            "Insert it with the picture button.",
            "%(count)d pictures couldn't be taken along from the clipboard. "
            "Insert them with the picture button.",
            pasted.pictures_left_out,
        )
        notes.append(text % {"count": pasted.pictures_left_out})
    return notes


class TextTidyView(ClerkView):
    """One-step format clean-up (REV-24); nothing is kept."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer with the tidy text and what was changed."""
        try:
            result = tidy(request.POST.get("html", ""))
        except DomainError as error:
            return refusal_answer(error, status=413)
        return JsonResponse(
            {"html": result.html, "changes": [change_as_json(change) for change in result.changes]}
        )


def change_as_json(change: Change) -> dict[str, object]:
    """One entry of the list that the editor shows after a clean-up."""
    return {
        "label": str(change.label),
        "count": change.count,
        "before": change.before,
        "after": change.after,
    }


def changes_sentence(changes: tuple[Change, ...]) -> str:
    """What the clean-up before saving did, in one sentence; "" when it changed nothing."""
    if not changes:
        return ""
    parts = [_("%(what)s (%(count)d)") % {"what": change.label, "count": change.count} for change in changes]
    return _("Format clean-up before saving: %(changes)s.") % {"changes": _(", ").join(parts)}


class WordTakeOverView(ClerkView):
    """A Word file as the text of an item: read, shown, and kept nowhere until the clerk saves."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer with title, text and metadata, and how each was come by."""
        file = request.FILES.get("file")
        if file is None:
            error = DomainError(
                _("No file was sent."), fix=_("Choose a Word file and try again."), field="file"
            )
            return refusal_answer(error, status=400)
        try:
            data = file.read()
            virus_scan.screen(data, name=file.name or "", actor=self.actor, unit_id=None)
            document = read_word_file(file.name or "", data)
        except DomainError as error:
            return refusal_answer(error)
        return JsonResponse(document_as_json(document))


def document_as_json(document: ParsedDocument) -> dict[str, Any]:
    """A read document as the editor takes it over."""
    fields = {}
    for name, label in LABELS.items():
        if name == "originally_published_on":  # an item written here has no date of its own (REV-29)
            continue
        value = document.title if name == "title" else getattr(document.metadata, name, "")
        text = _plain(value)
        if text:
            fields[name] = {"label": str(label), "value": text, "is_guessed": name in document.guessed}
    missing = [str(LABELS[name]) for name in document.missing if name in LABELS]
    return {
        "html": document.body_html,
        "fields": fields,
        "missing": missing,
        "notes": [str(note.message) for note in document.notes],
    }


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return " ".join(value)
    return str(value)
