"""Lists, entries, files, tables and history of every register, from its description."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.registers import EntryForm, RegisterFileForm, RegisterFilterForm, StrikeForm
from jiyue.backoffice.numbers import read_key
from jiyue.backoffice.register_words import child_table, facts_of, head_of, history_of, table_of
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload
from jiyue.organizations.models import Organization
from jiyue.organizations.registers import selectors, services
from jiyue.organizations.registers.access import (
    Holdings,
    get_holdings,
    is_writable_in,
    readable_units,
    writable_units,
)
from jiyue.organizations.registers.base import REGISTERS, Register, RegisterEntry
from jiyue.organizations.registers.selectors import Narrowing

PAGE_SIZE = 50  # entries


class RegisterIndexView(StaffView):
    """All registers that exist for the person."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them with the number of their entries."""
        return self.page("register_index.html", {"registers": selectors.count_entries(self.actor)})


class RegisterView(StaffView):
    """Base of the views of one register: what can't be read doesn't exist."""

    @cached_property
    def register(self) -> Register:
        """The register named in the address, or 404."""
        try:
            register = REGISTERS.get(self.kwargs["key"])
        except LookupError:
            raise Http404 from None
        if not readable_units(register, self.holdings).exists():
            raise Http404
        return register

    @cached_property
    def holdings(self) -> Holdings:
        """What the person holds today."""
        return get_holdings(self.actor)

    @cached_property
    def entry(self) -> Any:
        """The entry named in the address, or 404."""
        entry = selectors.get_entry(self.register, self.kwargs["pk"], self.actor)
        if entry is None:
            raise Http404
        return entry

    @cached_property
    def units(self) -> list[Organization]:
        """Units for which the person may enter something."""
        return list(writable_units(self.register, self.holdings))

    @cached_property
    def parent(self) -> RegisterEntry | None:
        """The entry named as parent in the query, or None; one that doesn't exist is 404."""
        wanted, parent_register = read_key(self.request.GET.get("parent")), self.register.parent_register
        if parent_register is None or wanted is None:
            return None
        parent = selectors.get_entry(parent_register, wanted, self.actor)
        if parent is None or parent.struck_at is not None:
            raise Http404
        return parent  # type: ignore[no-any-return]

    def narrowing(self) -> tuple[RegisterFilterForm, Narrowing]:
        """The filter; what can't be read narrows nothing and says so beside it."""
        units = selectors.list_filter_units(self.register, self.actor)
        form = RegisterFilterForm(self.request.GET, register=self.register, units=units)
        form.is_valid()
        data, unit = form.cleaned_data, form.cleaned_data.get("unit")
        return form, Narrowing(
            words=data.get("q", ""),
            unit_id=unit.pk if unit else None,
            year=data.get("year"),
            is_struck=bool(data.get("struck")),
        )


class RegisterListView(RegisterView):
    """The entries of one register."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show one page."""
        register = self.register
        form, narrowing = self.narrowing()
        entries = selectors.list_entries(register, self.actor, narrowing)
        page = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
        unit_ids = list(readable_units(register, self.holdings).values_list("pk", flat=True))
        shows_unit = len(unit_ids) > 1
        query = request.GET.copy()
        query.pop("page", None)
        context = {
            "register": register,
            "form": form,
            "page": page,
            "head": head_of(register),
            "rows": table_of(register, page.object_list),
            "shows_unit": shows_unit,
            "totals": selectors.get_totals(register, entries),
            "total_labels": [register.field(name).verbose_name for name in register.total_fields],
            "overview": list(register.overview(unit_ids)),
            "may_write": bool(self.units),
            "may_create": bool(self.units) and not register.parent,
            "query": query.urlencode(),
            "is_narrowed": bool(query),
        }
        return self.page("register_list.html", context)


class RegisterDetailView(RegisterView):
    """One entry with its files and what belongs to it."""

    def get(self, request: HttpRequest, key: str, pk: int) -> HttpResponse:
        """Show it."""
        return self.show(RegisterFileForm())

    def show(self, form: RegisterFileForm, *, status: int = 200) -> HttpResponse:
        """The page, with the form as it stands."""
        register, entry = self.register, self.entry
        refusal = services.changing_refusal(register, entry, self.actor)
        is_own = is_writable_in(register, self.holdings, entry.unit_id)
        context = {
            "register": register,
            "entry": entry,
            "facts": facts_of(register, entry),
            "parent": getattr(entry, register.parent) if register.parent else None,
            "findings": list(register.findings(entry)) if entry.struck_at is None else [],
            "files": selectors.list_files(register, entry.pk) if register.has_files else None,
            "children": [
                child_table(child, entry, may_add=self._may_add(child)) for child in self._children()
            ],
            "may_change": refusal is None,
            "refusal": refusal if is_own else None,
            "may_correct": is_own and register.is_append_only and getattr(entry, "corrects_id", 0) is None,
            "form": form,
            "strike_form": StrikeForm(),
        }
        return self.page("register_detail.html", context, status=status)

    def _children(self) -> list[Register]:
        unit_id = self.entry.unit_id
        return [
            child
            for child in self.register.children()
            if readable_units(child, self.holdings).filter(pk=unit_id).exists()
        ]

    def _may_add(self, child: Register) -> bool:
        return self.entry.struck_at is None and is_writable_in(child, self.holdings, self.entry.unit_id)


class RegisterFileView(RegisterDetailView):
    """Adding a file to an entry."""

    def get(self, request: HttpRequest, key: str, pk: int) -> HttpResponse:
        """Lead to the entry: where a renewed sign-in comes back to."""
        return redirect("backoffice:register_detail", self.register.key, self.entry.pk)

    def post(self, request: HttpRequest, key: str, pk: int) -> HttpResponse:
        """Add it."""
        form = RegisterFileForm(request.POST, request.FILES)
        entry_id = self.entry.pk
        if form.is_valid():
            data = form.cleaned_data
            try:
                services.add_file(
                    register=self.register,
                    entry_id=entry_id,
                    data=read_upload(data["file"]),
                    original_name=data["file"].name,
                    title=data["title"],
                    note=data["note"],
                    actor=self.actor,
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("The file was added."))
                return redirect("backoffice:register_detail", self.register.key, entry_id)
        return self.show(form, status=422)


class RegisterCreateView(RegisterView):
    """Entering something new."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show the empty form."""
        unit, parent = self._place()
        names = self.register.own_references
        initial = {name: read_key(request.GET.get(name)) for name in names}
        form = EntryForm(register=self.register, unit=unit, parent=parent, initial=initial)
        return self._form_page(form, unit)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Enter it."""
        unit, parent = self._place()
        form = EntryForm(request.POST, register=self.register, unit=unit, parent=parent)
        if form.is_valid():
            try:
                entry = services.enter(
                    register=self.register, unit=unit, values=form.values(), actor=self.actor, parent=parent
                )
            except DomainError as error:
                form.add_problems(error)
            else:
                messages.success(request, _("The entry was saved."))
                if parent is not None and self.register.parent_register is not None:
                    return redirect(
                        "backoffice:register_detail", self.register.parent_register.key, parent.pk
                    )
                return redirect("backoffice:register_detail", self.register.key, entry.pk)
        return self._form_page(form, unit)

    def _place(self) -> tuple[Organization, RegisterEntry | None]:
        """The unit, and the parent where the register has one; what isn't writable doesn't exist."""
        register = self.register
        if not self.units:
            raise PermissionDenied
        parent = self.parent
        if register.parent and parent is None:
            raise Http404
        units = {unit.pk: unit for unit in self.units}
        if parent is not None:
            wanted: int | None = parent.unit_id
        elif "unit" in self.request.GET:
            wanted = read_key(self.request.GET["unit"])
        else:
            wanted = next(iter(units), None)
        if wanted not in units:
            raise Http404
        return units[wanted], parent

    def _form_page(self, form: EntryForm, unit: Organization) -> HttpResponse:
        context = {
            "register": self.register,
            "form": form,
            "unit": unit,
            "units": [] if self.parent else self.units,
            "parent": self.parent,
            "draft": f"register-{self.register.key}-new-{unit.pk}",
        }
        return self.page("register_form.html", context, status=422 if form.errors else 200)


class RegisterEditView(RegisterView):
    """Changing an entry."""

    def get(self, request: HttpRequest, key: str, pk: int) -> HttpResponse:
        """Show the form."""
        return self._form_page(self._form(None))

    def post(self, request: HttpRequest, key: str, pk: int) -> HttpResponse:
        """Change it."""
        form = self._form(request.POST)
        if form.is_valid():
            try:
                services.change(
                    register=self.register,
                    entry_id=self.entry.pk,
                    values=form.values(),
                    seen_version=form.cleaned_data["seen_version"] or 0,
                    actor=self.actor,
                )
            except DomainError as error:
                form.add_problems(error)
            else:
                messages.success(request, _("The entry was saved."))
                return redirect("backoffice:register_detail", self.register.key, self.entry.pk)
        return self._form_page(form)

    def _form(self, data: Any) -> EntryForm:
        if services.changing_refusal(self.register, self.entry, self.actor):
            raise PermissionDenied
        parent = getattr(self.entry, self.register.parent) if self.register.parent else None
        return EntryForm(data, register=self.register, unit=self.entry.unit, parent=parent, entry=self.entry)

    def _form_page(self, form: EntryForm) -> HttpResponse:
        context = {
            "register": self.register,
            "entry": self.entry,
            "form": form,
            "unit": self.entry.unit,
            "units": [],
            "draft": f"register-{self.register.key}-{self.entry.pk}-{self.entry.version}",
        }
        return self.page("register_form.html", context, status=422 if form.errors else 200)


class RegisterStrikeView(RegisterView):
    """Striking an entry out."""

    def get(self, request: HttpRequest, key: str, pk: int) -> HttpResponse:
        """Lead to the entry: where a renewed sign-in comes back to."""
        return redirect("backoffice:register_detail", self.register.key, self.entry.pk)

    def post(self, request: HttpRequest, key: str, pk: int) -> HttpResponse:
        """Strike it out."""
        entry_id = self.entry.pk
        try:
            services.strike(
                register=self.register,
                entry_id=entry_id,
                reason=request.POST.get("reason", ""),
                actor=self.actor,
            )
        except DomainError as error:
            messages.error(request, f"{error.message} {error.fix}")
        else:
            messages.success(request, _("The entry was struck out."))
        return redirect("backoffice:register_detail", self.register.key, entry_id)


class RegisterHistoryView(RegisterView):
    """What was done with an entry, by whom and when."""

    def get(self, request: HttpRequest, key: str, pk: int) -> HttpResponse:
        """Show it."""
        entries = Paginator(selectors.list_history(self.register, self.entry.pk), PAGE_SIZE)
        page = entries.get_page(request.GET.get("page"))
        context = {
            "register": self.register,
            "entry": self.entry,
            "page": page,
            "events": history_of(self.register, page.object_list),
        }
        return self.page("register_history.html", context)
