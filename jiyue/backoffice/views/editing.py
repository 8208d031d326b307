"""Writing and changing an item."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jiyue.backoffice.access import ClerkView, StaffView
from jiyue.backoffice.comparing import compare
from jiyue.backoffice.describing import get_channel_names
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.resource import ResourceForm
from jiyue.backoffice.middleware import EDITOR_SECURITY_POLICY
from jiyue.backoffice.templatetags.backoffice import FINISHED_DRAFT_KEY
from jiyue.backoffice.views.resources import ResourceView
from jiyue.core.errors import DomainError
from jiyue.library.content import MAX_BODY_CHARS, ResourceContent
from jiyue.library.kinds import KINDS
from jiyue.library.models import MediaFile, Resource
from jiyue.library.richtext import clean_html
from jiyue.library.selectors import get_current_revision
from jiyue.library.services import ConcurrentEdit, NotEditable, create_resource, save_revision

NEW_DRAFT = "new"


def draft_name(resource: Resource | None) -> str:
    """Name under which the browser keeps unsaved text."""
    return f"resource-{resource.pk}" if resource else NEW_DRAFT


def _next_page(request: HttpRequest) -> str:
    names = {"submit": "backoffice:resource_submit", "preview": "backoffice:resource_preview"}
    return names.get(request.POST.get("then", ""), "backoffice:resource_edit")


class EditorView(StaffView):
    """What writing and changing share."""

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
        names = [picture, *(item.media for item in attachments)]
        files = {media.name: media for media in MediaFile.objects.filter(unit=form.unit, name__in=names)}
        context = {
            "form": form,
            "resource": resource,
            "unit": form.unit,
            "picture": files.get(picture),
            "attachments": [(item, files.get(item.media)) for item in attachments],
            "draft_name": draft_name(resource),
            "max_body_chars": MAX_BODY_CHARS,
            "required_by_kind": {key: list(kind.required) for key, kind in KINDS},
            **(extra or {}),
        }
        response = self.page("resource_form.html", context, status=status)
        response.headers["Content-Security-Policy"] = EDITOR_SECURITY_POLICY
        return response


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
                resource = create_resource(unit=unit, content=form.content(), actor=self.account)
            except DomainError as error:
                add_refusal(form, error)
            else:
                request.session[FINISHED_DRAFT_KEY] = NEW_DRAFT
                messages.success(request, _("Saved as a draft."))
                return redirect(_next_page(request), resource.pk)
        return self.form_page(form, resource=None, extra={"units": self.units})


class ResourceEditView(EditorView, ResourceView):
    """Changing an item."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the newest saved state in the form."""
        resource = self._require_editable()
        if resource is None:
            return redirect("backoffice:resource_detail", pk)
        revision = get_current_revision(self.resource)
        form = ResourceForm.for_content(
            revision.content,
            revision.number,
            unit=self.resource.unit,
            account=self.account,
            is_history=self.resource.is_history,
        )
        return self.form_page(form, resource=self.resource)

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
            return self.form_page(form, resource=self.resource)
        content = form.content()
        try:
            save_revision(
                resource=self.resource,
                content=content,
                base_number=form.cleaned_data["base_number"],
                actor=self.account,
            )
        except ConcurrentEdit as conflict:
            return self._conflict_page(form, content, conflict)
        except DomainError as error:
            add_refusal(form, error)
            status = 409 if isinstance(error, NotEditable) else 200
            return self.form_page(form, resource=self.resource, status=status)
        request.session[FINISHED_DRAFT_KEY] = draft_name(self.resource)
        messages.success(request, _("Saved. Nothing is public before it has passed review."))
        return redirect(_next_page(request), self.resource.pk)

    def _require_editable(self) -> Resource | None:
        if not self.is_editor:
            raise PermissionDenied
        if self.resource.is_editable:
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
            "conflict": newer,
            "conflict_text": sentence(conflict),
            "differences": compare(newer.content, mine, channel_names=names),
        }
        return self.form_page(form, resource=self.resource, extra=extra, status=409)
