"""Writing and changing an item."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import ClerkView, StaffView
from jiyue.backoffice.comparing import compare
from jiyue.backoffice.describing import get_channel_names
from jiyue.backoffice.editor_texts import EDITOR_TEXTS
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.resource import ResourceForm
from jiyue.backoffice.forms.typed import read_justifications
from jiyue.backoffice.middleware import EDITOR_SECURITY_POLICY
from jiyue.backoffice.templatetags.backoffice import FINISHED_DRAFT_KEY
from jiyue.backoffice.views.catalogue_choosers import chooser_lists
from jiyue.backoffice.views.keeping import lock_as_json
from jiyue.backoffice.views.resources import ResourceView
from jiyue.backoffice.views.writing_aids import changes_sentence
from jiyue.core.errors import DomainError
from jiyue.library.content import MAX_BODY_CHARS, ResourceContent
from jiyue.library.drafting.locking import get_lock, release_lock
from jiyue.library.drafting.models import Autosave
from jiyue.library.drafting.services import forget_text, get_kept_text
from jiyue.library.drafting.tidying import tidy
from jiyue.library.enums import ResourceStatus
from jiyue.library.kinds import KINDS
from jiyue.library.models import MediaFile, Resource, ResourceRevision
from jiyue.library.richtext import clean_html
from jiyue.library.selectors import get_current_revision
from jiyue.library.services import ConcurrentEdit, NotEditable, create_resource, save_revision
from jiyue.organizations.models import Organization


def draft_name(resource: Resource | None, unit: Organization) -> str:
    """Name under which the browser keeps unsaved text."""
    return f"resource-{resource.pk}" if resource else f"new-{unit.pk}"


def kept_as_json(kept: Autosave | None) -> dict[str, Any] | None:
    """Unsaved text as the editor offers it."""
    if kept is None:
        return None
    return {
        "at": int(kept.saved_at.timestamp() * 1000),
        "device": kept.device,
        "base_number": kept.base_number,
        "values": kept.values,
    }


def _next_page(request: HttpRequest) -> str:
    names = {"submit": "backoffice:resource_submit", "preview": "backoffice:resource_preview"}
    return names.get(request.POST.get("then", ""), "backoffice:resource_edit")


class EditorView(StaffView):
    """What writing and changing share."""

    _tidied_text = ""

    def form_page(
        self,
        form: ResourceForm,
        *,
        resource: Resource | None,
        extra: Mapping[str, Any] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Show the form."""
        picture = form.picture_name()
        attachments = form.attachments()
        names = [name for name in (picture, *(item.media for item in attachments)) if name]
        files = {media.name: media for media in MediaFile.objects.filter(unit=form.unit, name__in=names)}
        context = {
            "form": form,
            "resource": resource,
            "unit": form.unit,
            "picture": files.get(picture),
            "attachments": [(item, files.get(item.media)) for item in attachments],
            "draft_name": draft_name(resource, form.unit),
            "max_body_chars": MAX_BODY_CHARS,
            "vocabularies": chooser_lists(form.unit),
            "required_by_kind": {key: list(kind.required) for key, kind in KINDS},
            "justifications": self.justifications(),
            "editor_data": {
                "kept": kept_as_json(get_kept_text(account=self.account, unit=form.unit, resource=resource)),
                "unit": form.unit.pk,
                "resource": resource.pk if resource else None,
                "is_history": form.is_history,
                "is_refused": form.is_bound,
                "texts": {name: str(text) for name, text in EDITOR_TEXTS.items()},
            },
            **(extra or {}),
        }
        response = self.page("resource_form.html", context, status=status)
        response.headers["Content-Security-Policy"] = EDITOR_SECURITY_POLICY
        return response

    def justifications(self) -> Mapping[str, str]:
        """Reasons given for findings, as typed."""
        return read_justifications(self.request.POST)

    def tell_tidied(self) -> None:
        """Say what the clean-up changed in the text that was just saved."""
        if self._tidied_text:
            messages.info(self.request, self._tidied_text)

    def typed_content(self, form: ResourceForm) -> ResourceContent:
        """What the valid form says, after the format clean-up (REV-24).

        Raises:
            RichTextTooLarge: The text is longer than one document can be.
        """
        content = form.content()
        tidied = tidy(content.body_html)
        self._tidied_text = changes_sentence(tidied.changes)
        return content.with_values(
            body_html=tidied.html, justifications=read_justifications(self.request.POST)
        )


class ResourceCreateView(EditorView, ClerkView):
    """A new item of one of the clerk's units."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        unit = self.chosen_unit()
        content = ResourceContent(kind="article", title="", source=unit.name, author=self.account.person.name)
        form = ResourceForm.for_content(content, 0, unit=unit, account=self.account)
        return self.form_page(form, resource=None, extra={"units": self.units})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Create the draft."""
        unit = self.chosen_unit()
        form = ResourceForm(request.POST, request.FILES, unit=unit, account=self.account)
        if form.is_valid():
            try:
                resource = create_resource(unit=unit, content=self.typed_content(form), actor=self.account)
            except DomainError as error:
                add_refusal(form, error)
            else:
                forget_text(account=self.account, unit=unit, resource=None)
                request.session[FINISHED_DRAFT_KEY] = draft_name(None, unit)
                messages.success(request, _("Saved as a draft."))
                self.tell_tidied()
                return redirect(_next_page(request), resource.pk)
        return self.form_page(form, resource=None, extra={"units": self.units})


class ResourceEditView(EditorView, ResourceView):
    """Changing an item."""

    @cached_property
    def newest(self) -> ResourceRevision:
        """The newest saved state."""
        return get_current_revision(self.resource)

    def justifications(self) -> Mapping[str, str]:
        """As typed, otherwise as saved last."""
        is_typed = self.request.method == "POST"
        return super().justifications() if is_typed else self.newest.content.justifications

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the newest saved state in the form."""
        resource = self._require_editable()
        if resource is None:
            return redirect("backoffice:resource_detail", pk)
        form = ResourceForm.for_content(
            self.newest.content,
            self.newest.number,
            unit=self.resource.unit,
            account=self.account,
            is_history=self.resource.is_history,
        )
        return self.form_page(form, resource=self.resource, extra=self._circumstances())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Save a new state; whatever is refused, the typed text stays in the form."""
        if not self.is_editor:
            raise PermissionDenied
        form = ResourceForm(
            request.POST,
            request.FILES,
            unit=self.resource.unit,
            account=self.account,
            is_history=self.resource.is_history,
        )
        if not form.is_valid():
            return self.form_page(form, resource=self.resource, extra=self._circumstances())
        content: ResourceContent | None = None
        try:
            content = self.typed_content(form)
            save_revision(
                resource=self.resource,
                content=content,
                base_number=form.cleaned_data["base_number"],
                actor=self.account,
                during_review=self.is_during_review,
            )
        except ConcurrentEdit as conflict:
            return self._conflict_page(form, content or form.content(), conflict)
        except DomainError as error:
            add_refusal(form, error)
            status = 409 if isinstance(error, NotEditable) else 200
            extra = self._circumstances()
            return self.form_page(form, resource=self.resource, extra=extra, status=status)
        forget_text(account=self.account, unit=self.resource.unit, resource=self.resource)
        release_lock(resource=self.resource, actor=self.account)
        request.session[FINISHED_DRAFT_KEY] = draft_name(self.resource, self.resource.unit)
        messages.success(request, self._saved_text())
        self.tell_tidied()
        if self.is_during_review:
            return redirect("backoffice:resource_detail", self.resource.pk)
        return redirect(_next_page(request), self.resource.pk)

    @property
    def is_during_review(self) -> bool:
        """Whether the clerk chose to change an item in review, knowing that approvals become void."""
        return "1" in (self.request.GET.get("during_review"), self.request.POST.get("during_review"))

    def _saved_text(self) -> str:
        if self.is_during_review:
            return _("Saved. The approvals given are void; the review starts again with this version.")
        return _("Saved. Nothing is public before it has passed review.")

    def _circumstances(self) -> dict[str, Any]:
        """Who else writes, and whether the item is in review."""
        return {
            "lock": lock_as_json(get_lock(self.resource), self.account),
            "is_during_review": self.is_during_review,
        }

    def _require_editable(self) -> Resource | None:
        if not self.is_editor:
            raise PermissionDenied
        is_changed_in_review = self.is_during_review and self.resource.status == ResourceStatus.IN_REVIEW
        if self.resource.is_editable or is_changed_in_review:
            return self.resource
        messages.warning(
            self.request,
            _(
                "This item is in review or about to be released, so its text is locked. "
                "Ask the reviewer to return it."
            ),
        )
        return None

    def _conflict_page(
        self, form: ResourceForm, content: ResourceContent, conflict: ConcurrentEdit
    ) -> HttpResponse:
        """Both texts side by side; saving again is a decision with open eyes."""
        newer = conflict.newer
        form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        form.data["base_number"] = str(newer.number)  # type: ignore[index]
        mine = content.with_values(body_html=clean_html(content.body_html))
        names = get_channel_names(mine, newer.content)
        extra = {
            **self._circumstances(),
            "conflict": newer,
            "conflict_text": sentence(conflict),
            "differences": compare(newer.content, mine, channel_names=names),
        }
        return self.form_page(form, resource=self.resource, extra=extra, status=409)
