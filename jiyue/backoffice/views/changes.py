"""The board of changes that take two persons, for every topic of the platform."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice import changes
from jiyue.backoffice.access import StaffView
from jiyue.backoffice.changes import ChangeDetail
from jiyue.backoffice.forms.changes import APPROVE, ChangeDecisionForm
from jiyue.backoffice.forms.refusals import sentence
from jiyue.backoffice.numbers import read_key
from jiyue.core import two_person
from jiyue.core.errors import DomainError

WAITING, PROPOSED, DECIDED = "waiting", "proposed", "decided"


class ChangeListView(StaffView):
    """What waits for me, what I proposed, what was decided."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one of the three lists."""
        tab = request.GET.get("show", WAITING)
        older_than = read_key(request.GET.get("older"))
        waiting = changes.list_waiting(self.actor)
        if tab == PROPOSED:
            page = changes.list_proposed(self.actor, older_than)
        elif tab == DECIDED:
            page = changes.list_decided(self.actor, older_than)
        else:
            tab, page = WAITING, waiting
        rows = [
            (change, two_person.TOPICS.get(change.topic).label, page.unit_names.get(change.unit_id or 0, ""))
            for change in page.changes
        ]
        context = {"rows": rows, "tab": tab, "older": page.older_than, "waiting_count": len(waiting.changes)}
        return self.page("change_list.html", context)


class ChangeView(StaffView):
    """Base of the views of one change; what a person may not see doesn't exist."""

    @cached_property
    def detail(self) -> ChangeDetail:
        """The change in the address."""
        detail = changes.get_detail(int(self.kwargs["pk"]), self.actor)
        if detail is None:
            raise Http404
        return detail

    def detail_page(self, form: ChangeDecisionForm | None = None) -> HttpResponse:
        """Show the change with the form, if this person may decide."""
        initial = {"seen_digest": self.detail.change.digest}
        form = form or ChangeDecisionForm(initial=initial)
        return self.page("change_detail.html", {"detail": self.detail, "form": form})


class ChangeDetailView(ChangeView):
    """One change: before, after, reason."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self.detail_page()


class ChangeDecideView(ChangeView):
    """Approving or refusing."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the change: where a renewed sign-in comes back to."""
        return redirect("backoffice:change_detail", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide."""
        change_id = self.detail.change.pk
        form = ChangeDecisionForm(request.POST)
        if not form.is_valid():
            return self.detail_page(form)
        try:
            self._decide(change_id, form)
        except DomainError as error:
            field = form.field_of.get(error.field or "")
            form.add_error(field, sentence(error))
            del self.detail  # it may have been decided meanwhile
            return self.detail_page(form)
        return redirect("backoffice:change_list")

    def _decide(self, change_id: int, form: ChangeDecisionForm) -> None:
        data = form.cleaned_data
        decide = two_person.approve if data["decision"] == APPROVE else two_person.refuse
        decide(
            change_id=change_id,
            seen_digest=data["seen_digest"],
            opinion=data["opinion"],
            actor=self.actor,
        )
        done = _("Approved and carried out.") if data["decision"] == APPROVE else _("Refused.")
        messages.success(self.request, done)


class ChangeWithdrawView(ChangeView):
    """Taking one's own proposal back."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the change: where a renewed sign-in comes back to."""
        return redirect("backoffice:change_detail", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it back."""
        try:
            two_person.withdraw(change_id=self.detail.change.pk, actor=self.actor)
        except DomainError as error:
            messages.error(request, sentence(error))
            return redirect("backoffice:change_detail", pk)
        messages.success(request, _("Taken back; nothing was changed."))
        return redirect("backoffice:change_detail", pk)
