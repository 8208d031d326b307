"""Merging and splitting units: proposing, deciding, and what became of it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.units import ReformForm, label_of
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.unit_base import UnitManagerView
from jiyue.core import clock, two_person
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.organizations.carriers import CARRIERS
from jiyue.organizations.enums import AccountStatus, ReformKind
from jiyue.organizations.models import StaffAccount, UnitReform
from jiyue.organizations.services import ReformPlan, propose_reform, reform_refusal
from jiyue.organizations.services.reforms import REFORM_TOPIC, TOPIC

_TO_COME = (ChangeStatus.WAITING, ChangeStatus.APPROVED)


class _ReformView(UnitManagerView):
    """Base of the views of proposed reforms: only those whose units are all the person's."""

    def visible(self) -> list[TwoPersonChange]:
        """Proposals about units of the own subtree, newest first."""
        ids = set(self.managed_units().values_list("pk", flat=True))
        changes = TwoPersonChange.objects.filter(topic=TOPIC, unit_id__in=ids).order_by("-pk")
        return [change for change in changes if ReformPlan.from_payload(change.payload).unit_ids <= ids]


class ReformListView(_ReformView):
    """Reforms that wait, that are to come, and that are done."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        changes = self.visible()[:LIST_SIZE]
        done = UnitReform.objects.filter(change_id__in=[change.pk for change in changes])
        reforms = {reform.change_id: reform for reform in done}
        rows = [
            (change, ReformPlan.from_payload(change.payload), reforms.get(change.pk)) for change in changes
        ]
        return self.page("reform_list.html", {"rows": rows})


class ReformCreateView(_ReformView):
    """Proposing a reform; a split asks in a second step who goes where."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form, with the unit the address names."""
        unit = self.active_units.filter(code=request.GET.get("unit", "")).first()
        initial = {"effective_on": clock.today(), "predecessors": label_of(unit) if unit else ""}
        return self._form(ReformForm(units=self.active_units, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Propose it, or ask for the accounts first."""
        form = ReformForm(request.POST, units=self.active_units)
        if not form.is_valid():
            return self._form(form)
        accounts = self._accounts(form)
        if accounts and "assigned" not in request.POST:
            return self._form(form, accounts)
        plan = self._plan(form, accounts)
        change = self.attempt(
            form,
            lambda: propose_reform(plan=plan, reason=form.cleaned_data["reason"], actor=self.account),
        )
        if change:
            messages.success(request, _("The reform was proposed. Another platform manager must approve it."))
            return redirect("backoffice:reform_detail", change.pk)
        return self._form(form, accounts)

    def _accounts(self, form: ReformForm) -> list[StaffAccount]:
        """In a split: the accounts to be assigned."""
        data = form.cleaned_data
        if data["kind"] != ReformKind.SPLIT:
            return []
        accounts = StaffAccount.objects.filter(unit__in=data["predecessors"])
        return list(
            accounts.exclude(status=AccountStatus.CLOSED)
            .select_related("person", "unit")
            .order_by("person__name", "pk")
        )

    def _plan(self, form: ReformForm, accounts: list[StaffAccount]) -> ReformPlan:
        data = form.cleaned_data
        successors = {str(unit.pk): unit.pk for unit in data["successors"]}
        chosen = {account.pk: self.request.POST.get(f"account_{account.pk}", "") for account in accounts}
        return ReformPlan(
            kind=ReformKind(data["kind"]),
            predecessor_ids=tuple(unit.pk for unit in data["predecessors"]),
            successor_ids=tuple(unit.pk for unit in data["successors"]),
            main_id=data["main"].pk,
            effective_on=data["effective_on"],
            basis=data["basis"],
            accounts={pk: successors.get(text, data["main"].pk) for pk, text in chosen.items()},
        )

    def _form(self, form: ReformForm, accounts: list[StaffAccount] | None = None) -> HttpResponse:
        context: dict[str, Any] = {"form": form}
        if accounts:
            main = form.cleaned_data["main"]
            context["successors"] = form.cleaned_data["successors"]
            context["accounts"] = [
                (account, self.request.POST.get(f"account_{account.pk}", str(main.pk)))
                for account in accounts
            ]
        return self.page("reform_form.html", context)


class ReformDetailView(_ReformView):
    """One proposed reform: what it does, and what became of it."""

    @cached_property
    def change(self) -> TwoPersonChange:
        """The proposal named in the address, or 404."""
        change = get_object_or_404(TwoPersonChange, topic=TOPIC, pk=self.kwargs["pk"])
        if REFORM_TOPIC.refusal(change, self.actor):
            raise Http404
        return change

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        change = self.change
        reform = UnitReform.objects.filter(change_id=change.pk).first()
        labels = {name: carrier.label for name, carrier in CARRIERS}
        carried = reform.carried if reform else {}
        plan = ReformPlan.from_payload(change.payload)
        context = {
            "change": change,
            "plan": plan,
            "rows": REFORM_TOPIC.describe(change),
            "reform": reform,
            "carried": [(labels.get(name, name), count) for name, count in carried.items() if count],
            "obstacle": None if reform or change.status not in _TO_COME else reform_refusal(plan),
            "may_decide": two_person.decision_refusal(change, self.actor) is None,
        }
        return self.page("reform_detail.html", context)
