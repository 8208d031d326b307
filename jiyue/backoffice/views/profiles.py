"""Policy profiles: the documents that ship, the local ones, and which units follow which."""

from dataclasses import replace
from typing import ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.rules import AssignmentForm, ProfileForm
from jiyue.backoffice.rules import (
    group_rules,
    list_assignments,
    list_visible_profiles,
    profile_choices,
    show_rules,
    summarize,
)
from jiyue.backoffice.views.rules import RulesView
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_subtree_ids
from jiyue.organizations.services.profiles import found_profile, propose_assignment, usable_profiles
from jiyue.policy.overview import in_order, rule_row, shipped_summaries
from jiyue.policy.selectors import read_rules
from jiyue.policy.shipped import DEFAULT_PROFILE, read_profiles
from jiyue.policy.wording import profile_name, profile_names


class ProfileListView(RulesView):
    """All profiles the person's units may use, and what their units follow."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show both."""
        rows = summarize(list_visible_profiles(self.units))
        names = profile_names({row.code for row in rows} | {row.parent for row in rows})
        context = {
            "profiles": [(row, names[row.code], names[row.parent] if row.parent else "") for row in rows],
            "assignments": list_assignments(unit.pk for unit in self.units),
            "is_manager": self.is_manager,
        }
        return self.page("profile_list.html", context)


class ProfileDetailView(RulesView):
    """Everything one profile states today."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        """Show it; the profile of other units doesn't exist."""
        visible = {profile.code for profile in list_visible_profiles(self.units)} | set(read_profiles())
        if code not in visible:
            raise Http404
        rules = read_rules(profiles=[code])
        if code == DEFAULT_PROFILE:
            rules = replace(rules, line=(code,))  # what the defaults say, not what GL says before them
        shipped = read_profiles().get(code)
        keys = shipped.values if shipped else rules.local[code]
        own = [rule_row(rules, key) for key in in_order(keys)]
        context = {
            "code": code,
            "name": profile_name(code),
            "document": shipped.document if shipped else "",
            "groups": group_rules(show_rules(own, rules)),
        }
        return self.page("profile_detail.html", context)


class ManagedRulesView(RulesView):
    """Base of the views in which rules are changed: the subtrees of the platform manager."""

    roles: ClassVar[frozenset[StaffRole] | None] = frozenset({StaffRole.PLATFORM_MANAGER})

    @cached_property
    def units(self) -> list[Organization]:
        """Units whose rules the person may propose to change."""
        own = {unit_id for unit_id, role in self.role_pairs if role == StaffRole.PLATFORM_MANAGER}
        return list(Organization.objects.filter(pk__in=get_subtree_ids(own)).order_by("path"))


class ProfileCreateView(ManagedRulesView):
    """A new local profile."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        return self.page("profile_form.html", {"form": self._form()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make the profile."""
        form = self._form(request)
        if not form.is_valid():
            return self.page("profile_form.html", {"form": form})
        data = form.cleaned_data
        unit = next(unit for unit in self.units if str(unit.pk) == data["unit"])
        try:
            profile = found_profile(
                unit=unit, code=data["code"], name=data["name"], parent=data["parent"], actor=self.actor
            )
        except DomainError as error:
            add_refusal(form, error)
            return self.page("profile_form.html", {"form": form})
        messages.success(request, _("Made. It takes effect when it is assigned to a unit."))
        return redirect("backoffice:profile_detail", profile.code)

    def _form(self, request: HttpRequest | None = None) -> ProfileForm:
        local = [profile.code for profile in list_visible_profiles(self.units)]
        shipped = [summary.code for summary in shipped_summaries()]
        return ProfileForm(
            request.POST if request else None,
            units=self.unit_choices(),
            parents=profile_choices([*shipped, *local]),
        )


class ProfileAssignView(ManagedRulesView):
    """Which profile a unit and those below it follow."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form for the unit in the address."""
        return self._form_page(self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Propose the assignment."""
        form = self._form(request)
        if not form.is_valid():
            return self._form_page(form)
        data = form.cleaned_data
        try:
            change = propose_assignment(
                unit=self.unit,
                profile=data["profile"],
                is_strictest=data["is_strictest"] == "1",
                effective_on=data["effective_on"],
                reason=data["reason"],
                actor=self.actor,
            )
        except DomainError as error:
            add_refusal(form, error)
            return self._form_page(form)
        messages.success(request, _("Proposed. Another person has to agree before it takes effect."))
        return redirect("backoffice:change_detail", change.pk)

    def _form(self, request: HttpRequest | None = None) -> AssignmentForm:
        choices = [("", _("as the unit above")), *profile_choices(usable_profiles(self.unit))]
        initial = {"profile": self.rules.line[0], "is_strictest": "1" if self.rules.is_strictest else ""}
        return AssignmentForm(request.POST if request else None, initial=initial, profiles=choices)

    def _form_page(self, form: AssignmentForm) -> HttpResponse:
        context = {
            "form": form,
            "unit": self.unit,
            "units": self.unit_choices(),
            "profile": profile_name(self.rules.line[0]),
        }
        return self.page("profile_assign.html", context)
