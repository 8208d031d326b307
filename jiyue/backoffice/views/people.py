"""People and the register of responsible persons: lists, pages, forms."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import AdministratorView, StaffView
from jiyue.backoffice.forms.people import (
    NewPersonForm,
    PeopleFilterForm,
    PersonForm,
    RoleChangeForm,
    RoleEndForm,
    RoleForm,
)
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.selectors import LIST_SIZE, get_names
from jiyue.backoffice.wording import VERBS, word
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import ADMINISTRATION_ROLES
from jiyue.organizations.models import Organization, Person, UnitRole
from jiyue.organizations.selectors import get_subtree_ids
from jiyue.organizations.selectors.people import (
    get_visible_unit_ids,
    list_account_splits,
    list_accounts,
    list_filings,
    list_people,
    list_post_gaps,
    list_roles,
)
from jiyue.organizations.selectors.units import list_active_units
from jiyue.organizations.services.people import change_person, change_person_refusal, register_person
from jiyue.organizations.services.removals import propose_ending
from jiyue.organizations.services.roles import (
    assign_role,
    change_refusal,
    change_role,
    end_role,
    two_persons_refusal,
)
from jiyue.policy.selectors import read_rules

_HISTORY_ROWS = 20


class PeopleView(StaffView):
    """Base of the pages everybody may read: the people of the own units and of the administered ones."""

    @cached_property
    def administered_unit_ids(self) -> frozenset[int]:
        """Units of the own subtrees; none for whoever administers nothing."""
        return get_subtree_ids([unit for unit, role in self.role_pairs if role in ADMINISTRATION_ROLES])

    @cached_property
    def visible_unit_ids(self) -> frozenset[int]:
        """Units whose people exist for this account."""
        return get_visible_unit_ids(self.account, self.administered_unit_ids)

    def visible_units(self) -> QuerySet[Organization]:
        """The same units in the order of the tree."""
        return Organization.objects.filter(pk__in=self.visible_unit_ids).order_by("path")

    @property
    def is_administrator(self) -> bool:
        """Whether anything can be changed from here."""
        return bool(self.administered_unit_ids)


class FormPage(AdministratorView):
    """Base of a page that is one form about people."""

    def form_page(self, form: forms.Form, **context: Any) -> HttpResponse:
        """Show the form; what went wrong stands above it, nothing typed is lost."""
        return self.page("people_form.html", {"form": form, **context})


class PeopleListView(PeopleView):
    """People of the own and the administered units."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = PeopleFilterForm(request.GET or None, units=self.visible_units())
        people = form.filters().apply(list_people(self.visible_unit_ids), self.visible_unit_ids)
        page = Paginator(people, LIST_SIZE).get_page(request.GET.get("page"))
        context = {
            "form": form,
            "page": page,
            "rows": self._rows(list(page.object_list)),
            "is_administrator": self.is_administrator,
        }
        return self.page("people_list.html", context)

    def _rows(self, people: list[Person]) -> list[dict[str, Any]]:
        ids, today = [person.pk for person in people], clock.today()
        roles: dict[int, list[UnitRole]] = {}
        for role in list_roles(ids, self.visible_unit_ids):
            if role.is_active_on(today):
                roles.setdefault(role.person_id, []).append(role)
        accounts: dict[int, list[Any]] = {}
        for account in list_accounts(self.visible_unit_ids).filter(person__in=ids):
            accounts.setdefault(account.person_id, []).append(account)
        return [
            {"person": person, "roles": roles.get(person.pk, []), "accounts": accounts.get(person.pk, [])}
            for person in people
        ]


class PersonView(PeopleView):
    """One person: roles, accounts, filings, history."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the person."""
        person = get_object_or_404(list_people(self.visible_unit_ids), pk=pk)
        today, actor = clock.today(), self.actor
        roles = list(list_roles([pk], self.visible_unit_ids))
        filings = list_filings(self.visible_unit_ids)
        context = {
            "person": person,
            "roles": [
                {
                    "role": role,
                    "is_active": role.is_active_on(today),
                    "may_change": self.is_administrator and change_refusal(role, actor) is None,
                }
                for role in roles
            ],
            "accounts": list_accounts(self.visible_unit_ids).filter(person=pk),
            "filings": (filings.filter(outgoing=pk) | filings.filter(successor=pk)).distinct(),
            "history": _history_of(person) if self.is_administrator else [],
            "may_edit": self.is_administrator and change_person_refusal(person, actor) is None,
            "is_administrator": self.is_administrator,
        }
        return self.page("person_detail.html", context)


def _history_of(person: Person) -> list[dict[str, Any]]:
    entries = list(
        AuditEntry.objects.filter(subject_type="person", subject_id=str(person.pk)).order_by("-pk")[
            :_HISTORY_ROWS
        ]
    )
    names = get_names(Person, {entry.person_id for entry in entries})
    return [
        {
            "at": entry.occurred_at,
            "act": word(VERBS, entry.verb),
            "person": names.get(entry.person_id or 0, ""),
        }
        for entry in entries
    ]


class PersonCreateView(FormPage):
    """Entering a person with the first role."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self._page(NewPersonForm(units=self.administered_units()))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Enter both, or neither."""
        form = NewPersonForm(request.POST, units=self.administered_units())
        if form.is_valid():
            role = form.role_values()
            try:
                with transaction.atomic():
                    person = register_person(unit=role["unit"], actor=self.actor, **form.person_values())
                    assign_role(person=person, actor=self.actor, **role)
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("%(person)s is entered.") % {"person": person.name})
                return redirect("backoffice:person_detail", person.pk)
        return self._page(form)

    def _page(self, form: forms.Form) -> HttpResponse:
        return self.form_page(
            form,
            heading=_("Enter a person"),
            submit=_("Enter the person"),
            note=_("Somebody who works in one of your units already is in the list; choose them there."),
        )


class PersonPage(FormPage):
    """Base of the forms about one person of the administered units."""

    @cached_property
    def person(self) -> Person:
        """The person; of other units nobody exists."""
        return get_object_or_404(list_people(self.administered_unit_ids), pk=self.kwargs["pk"])

    def about(self, heading: str | Promise, submit: str | Promise) -> dict[str, Any]:
        """What every such page shows."""
        return {"person": self.person, "heading": heading, "submit": submit}


class PersonEditView(PersonPage):
    """The data of a person."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        form = PersonForm(initial=PersonForm.initial_of(self.person))
        return self.form_page(form, **self.about(_("Change the data"), _("Save")))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Save the data."""
        form, person = PersonForm(request.POST), self.person
        if form.is_valid():
            try:
                change_person(person=person, actor=self.actor, **form.person_values())
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Saved."))
                return redirect("backoffice:person_detail", pk)
        return self.form_page(form, **self.about(_("Change the data"), _("Save")))


class RoleAssignView(PersonPage):
    """A further role for a person."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        form = RoleForm(units=self.administered_units())
        return self.form_page(form, **self.about(_("Assign a role"), _("Assign the role")))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Assign the role."""
        form, person = RoleForm(request.POST, units=self.administered_units()), self.person
        if form.is_valid():
            try:
                assign_role(person=person, actor=self.actor, **form.role_values())
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("The role is assigned."))
                return redirect("backoffice:person_detail", pk)
        return self.form_page(form, **self.about(_("Assign a role"), _("Assign the role")))


class RolePage(FormPage):
    """Base of the forms about one role of the administered units."""

    @cached_property
    def role(self) -> UnitRole:
        """The role; of other units none exists."""
        roles = UnitRole.objects.select_related("person", "unit")
        return get_object_or_404(roles, pk=self.kwargs["pk"], unit__in=self.administered_unit_ids)

    def about(self, heading: str | Promise, submit: str | Promise) -> dict[str, Any]:
        """What every such page shows."""
        role = self.role
        return {
            "person": role.person,
            "heading": heading,
            "submit": submit,
            "note": f"{role.get_role_display()} · {role.unit.name}",
        }


class RoleEditView(RolePage):
    """Section and dates of a role."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        form = RoleChangeForm(initial=RoleChangeForm.initial_of(self.role))
        return self.form_page(form, **self.about(_("Change the role"), _("Save")))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Save the dates."""
        form, role = RoleChangeForm(request.POST), self.role
        if form.is_valid():
            try:
                change_role(role=role, actor=self.actor, **form.cleaned_data)
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Saved."))
                return redirect("backoffice:person_detail", role.person_id)
        return self.form_page(form, **self.about(_("Change the role"), _("Save")))


class RoleEndView(RolePage):
    """Ending a role, which is filed with the unit above."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form with its effect."""
        return self._page(RoleEndForm(successors=self._successors()))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the role, or propose it where it takes two persons."""
        form, role = RoleEndForm(request.POST, successors=self._successors()), self.role
        if not form.is_valid():
            return self._page(form)
        data = form.cleaned_data
        ending = {"role": role, "ends_on": data["ends_on"], "reason": data["reason"], "actor": self.actor}
        try:
            if two_persons_refusal(role, self.actor):
                change = propose_ending(**ending)
                messages.success(request, _("Proposed. Another administrator decides."))
                return redirect("backoffice:change_detail", change.pk)
            filing = end_role(successor=data["successor"], **ending)
        except DomainError as error:
            add_refusal(form, error)
            return self._page(form)
        messages.success(request, _("The role ends; the change is filed."))
        return redirect("backoffice:filing_detail", filing.pk)

    def _successors(self) -> QuerySet[Person]:
        return list_people(self.administered_unit_ids).exclude(pk=self.role.person_id)

    def _page(self, form: forms.Form) -> HttpResponse:
        needs_two = two_persons_refusal(self.role, self.actor)
        submit = _("Propose the end of the role") if needs_two else _("End the role and file it")
        context = self.about(_("End the role"), submit)
        return self.form_page(form, warning=needs_two, is_removal=True, **context)


class PostsView(AdministratorView):
    """Vacant posts, and who enters and who reviews in each unit."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the report of one page of the administered units."""
        units = list_active_units().filter(pk__in=self.administered_unit_ids)
        page = Paginator(units, LIST_SIZE).get_page(request.GET.get("page"))
        ids = [unit.pk for unit in page.object_list]
        context = {
            "page": page,
            "gaps": list_post_gaps(ids),
            "gap_count": len(list_post_gaps(self.administered_unit_ids)),
            "splits": [
                (split, read_rules(split.unit).value("account.per_unit_split").text == "two_accounts")
                for split in list_account_splits(ids)
            ],
        }
        return self.page("people_posts.html", context)
