"""The tree of units, and one unit: what it is, who works there, what happened to it."""

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.units import ReasonForm, UnitForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.unit_base import UnitManagerView
from jiyue.backoffice.wording import FACTS, VERBS, word
from jiyue.core import clock
from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import ADMINISTRATION_ROLES, StaffRole, UnitKind, UnitLevel, UnitStatus
from jiyue.organizations.models import Organization, ProfileAssignment, UnitRole
from jiyue.organizations.selectors import (
    get_active_roles,
    get_line_upward,
    get_subtree_ids,
    is_managed,
    list_reforms_of,
    list_visible_units,
)
from jiyue.organizations.services import change_unit, close_unit, closing_blockers, found_unit
from jiyue.sites.selectors import list_site_roles

HISTORY_ROWS = 30
MAX_INDENT = 8  # deeper levels stand below each other


class _SeeingView(StaffView):
    """What both reading views share: another unit's tree doesn't exist."""

    @cached_property
    def administered_ids(self) -> frozenset[int]:
        """Units in which an administering role is held, without those below."""
        return frozenset(unit for unit, role in self.role_pairs if role in ADMINISTRATION_ROLES)

    def visible(self) -> QuerySet[Organization]:
        """Units that exist for this account."""
        return list_visible_units(self.account, self.administered_ids)


class UnitListView(_SeeingView):
    """The tree of the own subtree, or the own unit and its line upward."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the tree."""
        words = request.GET.get("q", "")[:60].replace("\x00", "").strip()
        is_all = request.GET.get("closed") == "1"
        units = self.visible().select_related("superior", "supervising_unit")
        if not is_all:
            units = units.filter(status=UnitStatus.ACTIVE)
        if words:
            units = units.filter(Q(name__icontains=words) | Q(short_name__icontains=words) | Q(code=words))
        page = Paginator(units, LIST_SIZE).get_page(request.GET.get("page"))
        top = min((len(unit.path_codes) for unit in page.object_list), default=1)
        context = {
            "page": page,
            "rows": [
                (unit, 0 if words else min(len(unit.path_codes) - top, MAX_INDENT))
                for unit in page.object_list
            ],
            "words": words,
            "is_all": is_all,
            "may_manage": StaffRole.PLATFORM_MANAGER in self.role_names,
            "is_administrator": bool(self.administered_ids),
        }
        return self.page("unit_list.html", context)


class UnitDetailView(_SeeingView):
    """One unit."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it; people and history only to its own people and administrators."""
        unit = get_object_or_404(self.visible().select_related("superior", "supervising_unit"), pk=pk)
        own_ids = {unit_id for unit_id, _role in self.role_pairs} | get_subtree_ids(self.administered_ids)
        is_own = unit.pk in own_ids
        may_change = is_managed(self.account, unit) and unit.status == UnitStatus.ACTIVE
        context: dict[str, Any] = {
            "unit": unit,
            "fields": _fields(unit),
            "line": self.visible().filter(code__in=unit.path_codes[:-1]),
            "is_own": is_own,
            "may_change": may_change,
            "may_close": may_change and is_managed(self.account, unit.tree_parent),
        }
        if is_own:
            context |= {
                "below": _units_below(unit),
                "roles": _roles_of(unit),
                "profile": _profile_of(unit),
                "site_roles": list_site_roles().filter(unit=unit).select_related("site"),
                "reforms": list_reforms_of(unit),
                "history": _history_of(unit),
            }
        return self.page("unit_detail.html", context)


def _fields(unit: Organization) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        (_("Unit code"), unit.code),
        (_("Short name"), unit.short_name or "–"),
        (_("Administrative level"), unit.get_level_display()),
        (_("Kind"), unit.get_kind_display()),
    ]
    return rows


def _units_below(unit: Organization) -> list[tuple[str, list[Organization]]]:
    """Units below, by relation, each as it is stored."""
    relations = (
        (_("Supervised by it at the same level"), unit.supervised_units),
        (_("Below it in the same system"), unit.subordinates),
    )
    return [
        (label, list(units.filter(status=UnitStatus.ACTIVE).order_by("code")[:LIST_SIZE]))
        for label, units in relations
    ]


def _roles_of(unit: Organization) -> QuerySet[UnitRole]:
    return get_active_roles().filter(unit=unit).select_related("person").order_by("role", "person__name")


def _profile_of(unit: Organization) -> tuple[ProfileAssignment, Organization] | None:
    """The newest assignment that holds today, of the unit or of the nearest one above."""
    line = {unit.pk: unit} | {above.pk: above for above in get_line_upward(unit)}
    held = ProfileAssignment.objects.filter(unit__in=line, effective_on__lte=clock.today())
    rows = [row for row in held.order_by("effective_on", "pk") if row.profile]
    nearest = max(rows, key=lambda row: (len(line[row.unit_id].path), row.effective_on, row.pk), default=None)
    return (nearest, line[nearest.unit_id]) if nearest else None


def _history_of(unit: Organization) -> list[dict[str, Any]]:
    """What the trail says about the unit, newest first."""
    entries = (
        AuditEntry.objects.filter(subject_type="unit", subject_id=str(unit.pk))
        .select_related("text")
        .order_by("-pk")[:HISTORY_ROWS]
    )
    return [{"entry": entry, "act": word(VERBS, entry.verb), **_told(entry)} for entry in entries]


def _told(entry: AuditEntry) -> dict[str, Any]:
    """Who did it and what changed, where the text wasn't lawfully erased."""
    text = getattr(entry, "text", None)
    if text is None or text.erased_at is not None:
        return {"person": "", "changes": [], "reason": ""}
    said = json.loads(text.body)
    facts = said["facts"]
    before, after = facts.get("before", {}), facts.get("after", {})
    changes = [(word(FACTS, name), _plain(before[name]), _plain(after.get(name))) for name in before]
    return {
        "person": said["person"],
        "changes": changes,
        "reason": facts.get("basis") or facts.get("reason", ""),
    }


def _plain(value: object) -> str:
    """A stored value as people read it: levels and kinds by their words."""
    words = {str(key): label for key, label in (*UnitLevel.choices, *UnitKind.choices)}
    return str(words.get(str(value), value or "–"))


class UnitCreateView(UnitManagerView):
    """Founding a unit."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form, below the unit the address names."""
        above = self.active_units.filter(code=request.GET.get("below", "")).first()
        initial = {"supervising_unit": above} if above else {}
        return self._form(UnitForm(units=self.active_units, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Found it."""
        form = UnitForm(request.POST, units=self.active_units)
        if form.is_valid():
            code = form.cleaned_data["code"]
            unit = self.attempt(form, lambda: found_unit(code=code, values=form.values(), actor=self.account))
            if unit:
                messages.success(request, _("%(unit)s was founded.") % {"unit": unit.name})
                return redirect("backoffice:unit_detail", unit.pk)
        return self._form(form)

    def _form(self, form: UnitForm) -> HttpResponse:
        return self.page("unit_form.html", {"form": form})


class _ManagedUnitView(UnitManagerView):
    """One unit of the own subtree."""

    @cached_property
    def unit(self) -> Organization:
        """The unit named in the address, or 404."""
        units = self.managed_units().select_related("superior", "supervising_unit")
        return get_object_or_404(units, pk=self.kwargs["pk"])


class UnitEditView(_ManagedUnitView):
    """Renaming a unit, moving it, changing level or kind."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        names = ("name", "short_name", "level", "kind", "superior", "supervising_unit")
        initial = {name: getattr(self.unit, name) for name in names}
        return self._form(UnitForm(units=self.active_units, unit=self.unit, initial=initial))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Save it."""
        form = UnitForm(request.POST, units=self.active_units, unit=self.unit)
        if form.is_valid() and self.attempt(
            form, lambda: change_unit(unit=self.unit, values=form.values(), actor=self.account)
        ):
            messages.success(request, _("The unit was saved."))
            return redirect("backoffice:unit_detail", pk)
        return self._form(form)

    def _form(self, form: UnitForm) -> HttpResponse:
        return self.page("unit_form.html", {"form": form, "unit": self.unit})


class UnitCloseView(_ManagedUnitView):
    """Closing a unit that holds nothing any more."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what still belongs to it, or ask for the reason."""
        return self._form(ReasonForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close it."""
        form = ReasonForm(request.POST)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            if self.attempt(form, lambda: close_unit(unit=self.unit, reason=reason, actor=self.account)):
                messages.success(request, _("%(unit)s was closed.") % {"unit": self.unit.name})
                return redirect("backoffice:unit_detail", pk)
        return self._form(form)

    def _form(self, form: ReasonForm) -> HttpResponse:
        context = {"form": form, "unit": self.unit, "blockers": closing_blockers(self.unit)}
        return self.page("unit_close.html", context)
