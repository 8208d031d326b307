"""The unified sign-in: going to a provider, coming back, linking and undoing a link."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View

from jiyue.backoffice import unified_identity
from jiyue.backoffice.access import StaffView, is_signed_in, safe_next
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.sign_ins import IdentityForm
from jiyue.backoffice.views.sign_ins import AccountView
from jiyue.core import audit
from jiyue.core.errors import DomainError
from jiyue.core.openid import OpenIDProvider
from jiyue.organizations.credentials import helping
from jiyue.organizations.services import authority
from jiyue.organizations.sign_ins import hooks
from jiyue.organizations.sign_ins.identities import list_identities
from jiyue.organizations.sign_ins.models import ExternalIdentity
from jiyue.organizations.sign_ins.services import link_identity, unlink_identity


def _provider_or_404(key: str) -> OpenIDProvider:
    provider = unified_identity.get_provider(key)
    if provider is None:
        raise Http404
    return provider


def _with_answer(target: str) -> HttpResponse:
    """Go on to another page without telling it where the person came from."""
    response = redirect(target)
    response.headers["Referrer-Policy"] = "no-referrer"  # the present address carries the code
    return response


class UnifiedStartView(View):
    """To the provider, for signing in."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Send the person there."""
        provider = _provider_or_404(key)
        next_address = safe_next(request, request.GET.get("next"))
        if is_signed_in(request):
            return redirect(next_address)
        try:
            purpose = unified_identity.SIGN_IN
            return redirect(
                unified_identity.start(request, provider, purpose=purpose, next_address=next_address)
            )
        except DomainError as refusal:
            messages.error(request, sentence(refusal))
            return redirect("backoffice:sign_in")


class UnifiedReturnView(View):
    """Back from the provider, for signing in or for linking."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Believe the answer, or say why not."""
        purpose = unified_identity.SIGN_IN
        try:
            attempt = unified_identity.take_attempt(request)
            purpose = attempt["purpose"]
            identity = unified_identity.prove(request, attempt)
            if purpose == unified_identity.LINK:
                unified_identity.keep_for_linking(request, attempt, identity)
                return _with_answer("backoffice:identity_confirm")
            step = unified_identity.enter(request, identity)
        except DomainError as refusal:
            audit.record(
                actor=audit.PLATFORM,
                verb="identity.refused",
                subject_type="account",
                subject_id="-",
                reason=refusal.code,
            )
            messages.error(request, sentence(refusal))
            is_inside = is_signed_in(request)
            return _with_answer("backoffice:session_own" if is_inside else "backoffice:sign_in")
        if step == "workbench":
            return _with_answer(attempt["next"])
        return _with_answer(f"{reverse(f'backoffice:{step}')}?{urlencode({'next': attempt['next']})}")


class IdentityLinkView(StaffView):
    """To the provider, for linking an identity to the account I am signed in with."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Send the person there."""
        own = reverse("backoffice:session_own")
        try:
            return redirect(
                unified_identity.start(
                    request, _provider_or_404(key), purpose=unified_identity.LINK, next_address=own
                )
            )
        except DomainError as refusal:
            messages.error(request, sentence(refusal))
            return redirect(own)


class IdentityConfirmView(StaffView):
    """The click that links a proven identity: nobody is linked by a link they followed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what would be linked."""
        proven = unified_identity.get_proven(request)
        if proven is None:
            return redirect("backoffice:session_own")
        provider = _provider_or_404(proven["provider"])
        return self.page("identity_confirm.html", {"proven": proven, "provider": provider.settings})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Link it."""
        proven = unified_identity.get_proven(request)
        if proven is None:
            messages.error(request, _("This took too long, so nothing was linked. Please link it again."))
            return redirect("backoffice:session_own")
        provider = _provider_or_404(proven["provider"])
        request.session.pop(unified_identity.PROVEN_KEY, None)
        try:
            link_identity(
                account=self.account,
                issuer=proven["issuer"],
                subject=proven["subject"],
                name=provider.settings.label,
                actor=self.actor,
            )
        except DomainError as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, _("Linked. You can use the unified sign-in from now on."))
        return redirect("backoffice:session_own")


class IdentityUnlinkView(StaffView):
    """Undoing a link: one's own, or of an account of the own units."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the own page: where a renewed sign-in comes back to."""
        return redirect("backoffice:session_own")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Undo it."""
        identity = get_object_or_404(
            ExternalIdentity.objects.select_related("user__unit", "user__person"), pk=pk, unlinked_at=None
        )
        is_own = identity.user_id == self.account.pk
        if not is_own and authority.account_refusal(self.actor, identity.user):
            raise Http404
        kept = hooks.key_hash_of(request) if is_own else ""
        unlink_identity(identity=identity, actor=self.actor, kept_key_hash=kept)
        messages.success(request, _("The link is undone; other sign-ins of the account have ended."))
        if is_own:
            return redirect("backoffice:session_own")
        return redirect("backoffice:account_identities", identity.user_id)


class AccountIdentitiesView(AccountView):
    """Identities of an account of the own units, linked by hand where a person can't do it."""

    def identities_page(self, form: IdentityForm) -> HttpResponse:
        """Show the list and the form."""
        context = {
            "target": self.target,
            "form": form,
            "identities": list_identities(self.target),
            "blocker": helping.help_refusal(self.target, self.actor),
            "has_providers": bool(unified_identity.list_providers()),
        }
        return self.page("account_identities.html", context)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show them."""
        return self.identities_page(IdentityForm(providers=self._choices()))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Link one."""
        target = self.target
        form = IdentityForm(request.POST, providers=self._choices())
        if form.is_valid():
            provider = _provider_or_404(form.cleaned_data["provider"])
            try:
                link_identity(
                    account=target,
                    issuer=provider.settings.issuer,
                    subject=form.cleaned_data["subject"],
                    name=provider.settings.label,
                    actor=self.actor,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The identity is linked; the person was told."))
                return redirect("backoffice:account_identities", pk)
        return self.identities_page(form)

    def _choices(self) -> list[tuple[str, str]]:
        return [(provider.key, provider.label) for provider in unified_identity.list_providers()]
