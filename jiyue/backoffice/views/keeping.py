"""Unsaved text and locks: what the editor sends while a clerk writes, and where text is found again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import ClerkView
from jiyue.backoffice.comparing import compare
from jiyue.backoffice.describing import get_channel_names
from jiyue.backoffice.forms.typed import content_of_values, read_typed
from jiyue.backoffice.templatetags.backoffice import moment
from jiyue.backoffice.views.resources import ResourceView
from jiyue.backoffice.views.writing_aids import refusal_answer
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.library.drafting.errors import WrittenElsewhere
from jiyue.library.drafting.locking import hold_lock, take_over_lock
from jiyue.library.drafting.models import Autosave, EditLock
from jiyue.library.drafting.services import forget_text, get_kept_text, keep_text, list_kept_texts
from jiyue.library.models import Resource
from jiyue.library.richtext import clean_html
from jiyue.library.selectors import get_current_revision
from jiyue.organizations.enums import EDITING_ROLES, StaffRole
from jiyue.organizations.models import Organization, StaffAccount


def browser_name(request: HttpRequest) -> str:
    """Browser and system in two words, so that a colleague knows which computer is meant."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    browsers = (("Edg/", "Edge"), ("QIHU", "360"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
    systems = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("Mac OS", "macOS"))
    browser = next((name for sign, name in browsers if sign in agent), "")
    system = next((name for sign, name in (*systems, ("Linux", "Linux")) if sign in agent), "")
    return " / ".join(part for part in (browser, system) if part)


def lock_as_json(lock: EditLock | None, account: StaffAccount) -> dict[str, str] | None:
    """Another person's lock as the editor shows it; None for the own one."""
    if lock is None or lock.account_id == account.pk or not lock.is_alive(clock.now()):
        return None
    return {"person": lock.person.name, "since": moment(lock.since), "device": lock.device}


class _KeepingView(ClerkView):
    """What the editor's requests share: they name a unit of the clerk's, and perhaps an item of it."""

    @cached_property
    def unit(self) -> Organization:
        """The unit named in the request; others don't exist."""
        wanted = self.request.POST.get("unit", "")
        own = {str(unit_id): unit_id for unit_id, role in self.role_pairs if role in EDITING_ROLES}
        if wanted in own:  # without asking for turns of duty, which only others need
            return Organization.objects.get(pk=own[wanted])
        for unit in self.units:
            if str(unit.pk) == wanted:
                return unit
        raise Http404

    @cached_property
    def resource(self) -> Resource | None:
        """The item named in the request, which must be the unit's; None for a new one."""
        number = self.request.POST.get("resource", "")
        if not number:
            return None
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            raise Http404
        found = Resource.objects.select_related("unit").filter(pk=int(number), unit=self.unit).first()
        if found is None:
            raise Http404
        return found


class TextKeepView(_KeepingView):
    """Keeps what was typed, and the lock with it; also a plain sign of life."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the text if there is any, renew the lock, and say who else writes."""
        with self.looking():  # nothing below changes roles; this is the most frequent request
            return self._keep(request)

    def _keep(self, request: HttpRequest) -> HttpResponse:
        unit, resource = self.unit, self.resource
        answer: dict[str, Any] = {"lock": None, "token": get_token(request)}
        try:
            if resource is not None:
                lock = hold_lock(
                    resource=resource,
                    actor=self.account,
                    window=request.POST.get("window", ""),
                    device=browser_name(request),
                )
                answer["lock"] = lock_as_json(lock, self.account)
                answer["newest"] = resource.last_revision
            if "values" in request.POST:
                outcome, saved_at = keep_text(
                    account=self.account,
                    unit=unit,
                    resource=resource,
                    text=read_typed(request.POST),
                    takes_over=request.POST.get("takes_over") == "1",
                )
                answer |= {"outcome": outcome, "saved_at": moment(saved_at)}
        except WrittenElsewhere as error:
            return refusal_answer(error, status=409)
        except DomainError as error:
            return refusal_answer(error)
        return JsonResponse(answer)


class TextForgetView(_KeepingView):
    """Throws unsaved text away, because its writer says so."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Delete the row; back to the list where the request came from there."""
        was_there = forget_text(account=self.account, unit=self.unit, resource=self.resource)
        if request.POST.get("then") == "list":
            if was_there:
                messages.success(request, _("The unsaved text was thrown away."))
            return redirect("backoffice:unsaved_list")
        return JsonResponse({"forgotten": was_there})


class LockTakeView(ResourceView):
    """Goes on in another person's place; that person is told."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the lock over."""
        if not self.is_editor:
            raise PermissionDenied
        take_over_lock(
            resource=self.resource,
            actor=self.account,
            window=request.POST.get("window", ""),
            device=browser_name(request),
        )
        return JsonResponse({"lock": None})


class UnsavedListView(ClerkView):
    """All texts that the account typed and didn't save."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them with the way back to each."""
        units = {unit.pk: unit for unit in self.units}
        rows = [_described(row, units) for row in list_kept_texts(self.account)]
        return self.page("unsaved_list.html", {"rows": [row for row in rows if row is not None]})


def _described(row: Autosave, units: dict[int, Organization]) -> dict[str, Any] | None:
    """A row of the list; None where the account doesn't write for the unit any more."""
    number = row.slot.rpartition("-")[2]
    unit_id = row.resource.unit_id if row.resource else int(number)
    if unit_id not in units:
        return None
    title = (row.values.get("title") or [""])[0]
    return {"row": row, "unit": units[unit_id], "title": title}


class ResourceUnsavedView(ResourceView):
    """The account's unsaved text of one item beside the newest saved version."""

    roles = frozenset({StaffRole.ENTRY_CLERK})

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the differences."""
        if not self.is_editor:
            raise PermissionDenied
        resource = self.resource
        kept = get_kept_text(account=self.account, unit=resource.unit, resource=resource)
        revision = get_current_revision(resource)
        differences = None
        if kept is not None:
            typed = content_of_values(kept.values, revision.content)
            typed = typed.with_values(body_html=clean_html(typed.body_html))
            names = get_channel_names(typed, revision.content)
            differences = compare(revision.content, typed, channel_names=names)
        context = {"resource": resource, "kept": kept, "revision": revision, "differences": differences}
        return self.page("resource_unsaved.html", context)
