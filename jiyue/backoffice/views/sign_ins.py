"""Sessions of the staff: one's own, those of the own units, and what was unusual about them."""

from typing import ClassVar

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiyue.backoffice import unified_identity
from jiyue.backoffice.access import AdministratorView, StaffView
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.sign_ins import FlagReviewForm, ReasonForm
from jiyue.backoffice.numbers import read_keys
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services import authority
from jiyue.organizations.services.accounts import suspend_account, suspension_refusal
from jiyue.organizations.sign_ins import hooks
from jiyue.organizations.sign_ins.enums import FlagResult
from jiyue.organizations.sign_ins.identities import list_identities
from jiyue.organizations.sign_ins.models import SignInFlag
from jiyue.organizations.sign_ins.selectors import list_flags, list_own_sessions, list_sessions
from jiyue.organizations.sign_ins.services import end_sessions_of, review_flag
from jiyue.organizations.sign_ins.services.flags import review_refusal

OWN_ROWS = 20  # sessions shown on the own page


def _tell_ended(request: HttpRequest, count: int) -> None:
    if count:
        text = ngettext("%(count)d sign-in was ended.", "%(count)d sign-ins were ended.", count)
        messages.success(request, text % {"count": count})
    else:
        messages.warning(request, _("Nothing was ended: these sign-ins were over already."))


class OwnSessionsView(StaffView):
    """Where I am signed in, and which identities open my account."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show both."""
        context = {
            "sessions": list_own_sessions(self.account)[:OWN_ROWS],
            "current_id": request.session.get(hooks.SESSION_KEY),
            "identities": list_identities(self.account),
            "providers": unified_identity.free_providers(self.account),
        }
        return self.page("session_own.html", context)


class OwnSessionsEndView(StaffView):
    """Ending my other sign-ins, one or all."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        return redirect("backoffice:session_own")

    def post(self, request: HttpRequest) -> HttpResponse:
        """End those that were named, or all but this one."""
        here = request.session.get(hooks.SESSION_KEY, 0)
        own = list_own_sessions(self.account).filter(ended_at=None).exclude(pk=here)
        if named := request.POST.getlist("id"):
            own = own.filter(pk__in=read_keys(named))
        ids = list(own.values_list("pk", flat=True))
        count = end_sessions_of(account=self.account, actor=self.actor, session_ids=ids) if ids else 0
        _tell_ended(request, count)
        return redirect("backoffice:session_own")


class SessionListView(AdministratorView):
    """Who of the own units is inside, and who was."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page."""
        sessions = list_sessions(self.administered_unit_ids)
        is_all = request.GET.get("show") == "all"
        if not is_all:
            sessions = sessions.filter(ended_at=None)
        wanted = storable(request.GET.get("person", "")).strip()[:60]
        if wanted:
            sessions = sessions.filter(
                Q(account__person__name__icontains=wanted) | Q(account__login_name__icontains=wanted)
            )
        page = Paginator(sessions, LIST_SIZE).get_page(request.GET.get("page"))
        refusals: dict[int, DomainError | None] = {}
        for session in page.object_list:
            if session.account_id not in refusals and session.ended_at is None:
                refusals[session.account_id] = self._refusal(session.account)
        rows = [(session, refusals.get(session.account_id) is None) for session in page.object_list]
        context = {"page": page, "rows": rows, "is_all": is_all, "person": wanted}
        return self.page("session_list.html", context)

    def _refusal(self, account: StaffAccount) -> DomainError | None:
        return authority.account_refusal(self.actor, account)


class AccountView(AdministratorView):
    """Base of the views of one account of the own units."""

    @cached_property
    def target(self) -> StaffAccount:
        """The account in the address; one of another unit doesn't exist."""
        accounts = StaffAccount.objects.select_related("person", "unit")
        return get_object_or_404(accounts, pk=self.kwargs["pk"], unit_id__in=self.administered_unit_ids)


class AccountSessionsEndView(AccountView):
    """Ending somebody's sign-ins."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        return redirect("backoffice:session_list")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End those that were named, or all of the account."""
        try:
            ids = read_keys(request.POST.getlist("id"))
            _tell_ended(request, end_sessions_of(account=self.target, actor=self.actor, session_ids=ids))
        except DomainError as refusal:
            messages.error(request, sentence(refusal))
        return redirect("backoffice:session_list")


class FlagListView(AdministratorView):
    """What was unusual, open flags first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page."""
        flags = list_flags(self.administered_unit_ids)
        is_all = request.GET.get("show") == "all"
        open_count = flags.filter(is_open=True).count()
        page = Paginator(flags if is_all else flags.filter(is_open=True), LIST_SIZE).get_page(
            request.GET.get("page")
        )
        return self.page("flag_list.html", {"page": page, "is_all": is_all, "open_count": open_count})


class FlagView(AdministratorView):
    """Base of the views of one flag of the own units."""

    @cached_property
    def flag(self) -> SignInFlag:
        """The flag in the address; one of another unit doesn't exist."""
        return get_object_or_404(list_flags(self.administered_unit_ids), pk=self.kwargs["pk"])

    def flag_page(self, form: FlagReviewForm, *, status: int = 200) -> HttpResponse:
        """Show the flag with what can be done about it."""
        account = self.flag.account
        context = {
            "flag": self.flag,
            "form": form,
            "blocker": review_refusal(self.flag, self.actor),
            "open_sessions": list_own_sessions(account).filter(ended_at=None).count(),
            "end_blocker": authority.account_refusal(self.actor, account),
            "suspend_blocker": suspension_refusal(account, self.actor),
            "reason_form": ReasonForm(),
        }
        return self.page("flag_detail.html", context, status=status)


class FlagDetailView(FlagView):
    """The evidence of a flag, and its review."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self.flag_page(FlagReviewForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep the result of the review."""
        flag = self.flag
        form = FlagReviewForm(request.POST)
        if form.is_valid():
            try:
                review_flag(
                    flag_id=flag.pk,
                    result=FlagResult(form.cleaned_data["result"]),
                    note=form.cleaned_data["note"],
                    actor=self.actor,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The result is kept."))
                return redirect("backoffice:flag_detail", pk)
        return self.flag_page(form)


class FlagActView(FlagView):
    """Ending the sessions of a flagged account, or suspending it."""

    acts: ClassVar = frozenset({"end", "suspend"})

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the flag: where a renewed sign-in comes back to."""
        return redirect("backoffice:flag_detail", self.flag.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do the one or the other."""
        act, account = request.POST.get("act"), self.flag.account
        if act not in self.acts:
            raise Http404
        try:
            if act == "suspend":
                suspend_account(account=account, reason=request.POST.get("reason", ""), actor=self.actor)
                messages.success(request, _("The account is suspended; its sign-ins end at once."))
            else:
                _tell_ended(request, end_sessions_of(account=account, actor=self.actor))
        except DomainError as refusal:
            messages.error(request, sentence(refusal))
        return redirect("backoffice:flag_detail", pk)
