"""The rules in force for one's units, where they come from, and how they are changed."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.changes import visible_ids
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.forms.rules import RuleFilterForm, RuleForm
from jiyue.backoffice.numbers import read_key
from jiyue.backoffice.rules import group_rules, list_managed_profiles, profile_choices, show_rules
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_subtree_ids
from jiyue.organizations.services.profile_values import propose_value
from jiyue.policy.keys import definition_of
from jiyue.policy.models import LocalProfile, LocalValue
from jiyue.policy.overview import list_rules, list_versions, rule_row
from jiyue.policy.selectors import Rules, read_rules
from jiyue.policy.wording import clause_words, profile_name, value_words


class RulesView(StaffView):
    """Base: everybody reads the rules of the units in which they hold a role, and of those below."""

    @cached_property
    def units(self) -> list[Organization]:
        """Units whose rules may be read, in the order of the tree."""
        own = {unit_id for unit_id, _role in self.role_pairs} or {self.account.unit_id}
        return list(Organization.objects.filter(pk__in=get_subtree_ids(own)).order_by("path"))

    @cached_property
    def unit(self) -> Organization:
        """The unit in the address, or the first; another unit doesn't exist."""
        wanted = self.request.GET.get("unit")
        for unit in self.units:
            if wanted is None or unit.pk == read_key(wanted):
                return unit
        raise Http404

    @cached_property
    def rules(self) -> Rules:
        """Rules in force for the chosen unit."""
        return read_rules(self.unit)

    @property
    def is_manager(self) -> bool:
        """Whether the person may propose changes at all."""
        return StaffRole.PLATFORM_MANAGER in self.role_names

    def unit_choices(self) -> list[tuple[str, str]]:
        """Units for a form, indented by their depth below the highest."""
        top = min((len(unit.path_codes) for unit in self.units), default=1)
        return [(str(unit.pk), "　" * (len(unit.path_codes) - top) + unit.name) for unit in self.units]


class RuleListView(RulesView):
    """All rules in force for a unit."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them by area, narrowed down."""
        data = request.GET.copy()
        data["unit"] = str(self.unit.pk)
        form = RuleFilterForm(data, units=self.unit_choices())
        chosen = form.cleaned_data if form.is_valid() else {}
        everything = list_rules(self.rules)
        rows = list_rules(
            self.rules,
            words=chosen.get("words", ""),
            area=chosen.get("area", ""),
            only_looser=bool(chosen.get("looser")),
        )
        context = {
            "form": form,
            "unit": self.unit,
            "groups": group_rules(show_rules(rows, self.rules)),
            "profile": profile_name(self.rules.line[0]),
            "is_strictest": self.rules.is_strictest,
            "looser_count": sum(row.mark == "looser" for row in everything),
        }
        return self.page("rule_list.html", context)


class RuleDetailView(RulesView):
    """One rule: value, origin, history, and the proposal of another value."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show it."""
        return self._detail_page(key)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Propose another value."""
        if not self.is_manager:
            raise PermissionDenied
        form = self._form(key, request.POST)
        if not form.is_valid():
            return self._detail_page(key, form)
        profile = next(one for one in self._managed if one.code == form.cleaned_data["profile"])
        try:
            change = propose_value(
                profile=profile,
                key=key,
                value=form.stated(),
                unit=form.stated_unit(),
                clause=form.cleaned_data["clause"],
                effective_on=form.cleaned_data["effective_on"],
                reason=form.cleaned_data["reason"],
                actor=self.actor,
            )
        except DomainError as error:
            add_refusal(form, error)
            return self._detail_page(key, form)
        messages.success(request, _("Proposed. Another person has to agree before it takes effect."))
        return redirect("backoffice:change_detail", change.pk)

    @cached_property
    def _managed(self) -> list[LocalProfile]:
        return list_managed_profiles(self.actor) if self.is_manager else []

    def _form(self, key: str, data: QueryDict | None = None) -> RuleForm:
        try:
            definition, value = definition_of(key), self.rules.value(key)
        except LookupError as error:
            raise Http404 from error
        mine = [profile.code for profile in self._managed]
        nearest = [code for code in self.rules.line if code in mine]
        profiles = profile_choices([*nearest, *(code for code in mine if code not in nearest)])
        initial = RuleForm.initial_of(value)
        return RuleForm(data, initial=initial, definition=definition, profiles=profiles)

    def _detail_page(self, key: str, form: RuleForm | None = None) -> HttpResponse:
        form = form or self._form(key)
        row = rule_row(self.rules, key)
        versions = [
            (version, profile_name(code), self._version_words(version), clause_words(version.clause))
            for code in self.rules.line
            for version in list_versions(code, key)
        ]
        context = {
            "unit": self.unit,
            "rule": show_rules([row], self.rules)[0],
            "note": definition_of(key).note,
            "key": key,
            "versions": versions,
            "seen_changes": visible_ids([version.change_id for version, *_rest in versions], self.actor),
            "form": form,
            "is_manager": self.is_manager,
            "may_propose": bool(self._managed),
        }
        return self.page("rule_detail.html", context)

    @staticmethod
    def _version_words(version: LocalValue) -> str:
        if version.value is None:
            return _("not stated; the parent profile applies")
        return value_words(version.key, version.value, version.unit)
