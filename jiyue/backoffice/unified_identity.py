"""Signing in through an OpenID Connect provider, and linking an identity to one's account.

The provider proves the first factor. Nobody gets an account or a role by it.
"""

import logging
import time
from dataclasses import asdict
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice import signing_in
from jiyue.backoffice.access import is_signed_in
from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.core.openid import Attempt, Identity, OpenIDProvider, ProviderRefused, ProviderSettings
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.sign_ins.identities import get_linked, list_identities
from jiyue.organizations.sign_ins.models import ExternalIdentity

logger = logging.getLogger(__name__)

ATTEMPT_KEY = "unified_identity"  # who was sent to which provider, and why
PROVEN_KEY = "unified_identity_proven"  # an identity that waits for the click that links it
ID_TOKEN_KEY = "unified_identity_token"  # noqa: S105  # name of a place in the session
SIGN_OUT_KEY = "unified_identity_sign_out"
ATTEMPT_SECONDS = 600  # long enough to sign in at the provider
SIGN_IN, LINK = "sign_in", "link"


class UnifiedIdentityRefused(DomainError):
    """The unified sign-in can't go on."""

    code = "unified_identity_refused"


@cache
def _provider(provider: ProviderSettings) -> OpenIDProvider:
    return OpenIDProvider(provider)


def get_provider(key: str) -> OpenIDProvider | None:
    """The configured provider of this name, or None."""
    return next((_provider(one) for one in settings.JIYUE_OIDC_PROVIDERS if one.key == key), None)


def list_providers() -> list[ProviderSettings]:
    """Providers of this installation, in the order of the setting."""
    return list(settings.JIYUE_OIDC_PROVIDERS)


def free_providers(account: StaffAccount) -> list[ProviderSettings]:
    """Providers at which the account has no identity yet."""
    taken = {identity.issuer for identity in list_identities(account)}
    return [provider for provider in list_providers() if provider.issuer not in taken]


def start(request: HttpRequest, provider: OpenIDProvider, *, purpose: str, next_address: str) -> str:
    """Return the address at the provider, and remember in the session what was asked.

    Args:
        request: Its session remembers; one attempt at a time.
        provider: Where to.
        purpose: `SIGN_IN` or `LINK`.
        next_address: Where to go in the end.

    Raises:
        ProviderRefused: The provider is down.
    """
    address, attempt = provider.start(redirect_address())
    request.session[ATTEMPT_KEY] = {
        **asdict(attempt),
        "provider": provider.settings.key,
        "purpose": purpose,
        "account": request.user.pk if purpose == LINK else None,
        "next": next_address,
        "at": time.time(),
    }
    return address


def take_attempt(request: HttpRequest) -> dict[str, Any]:
    """What was asked; it can be taken once, so an answer that is sent again finds nothing.

    Raises:
        UnifiedIdentityRefused: Nothing was asked in this browser, it was answered
            already, or it is too long ago.
    """
    attempt = request.session.pop(ATTEMPT_KEY, None)
    if not isinstance(attempt, dict) or not 0 <= time.time() - attempt["at"] <= ATTEMPT_SECONDS:
        raise UnifiedIdentityRefused(
            _(
                "This answer of the unified sign-in was used already, is too old, "
                "or was meant for another browser."
            ),
            fix=_("Start again from the sign-in page."),
            code="no_attempt",
        )
    return attempt


def prove(request: HttpRequest, attempt: dict[str, Any]) -> Identity:
    """Who came back from the provider.

    Raises:
        UnifiedIdentityRefused: The provider isn't configured any more.
        ProviderRefused: The answer can't be believed.
    """
    provider = get_provider(attempt["provider"])
    if provider is None:
        raise UnifiedIdentityRefused(
            _("This provider is no longer in use."), fix=_("Sign in with login name and password.")
        )
    remembered = Attempt(attempt["state"], attempt["nonce"], attempt["verifier"])
    return provider.finish(remembered, request.GET.dict(), redirect_address())


def enter(request: HttpRequest, identity: Identity) -> str:
    """Take the identity as the first factor, or as both; return the name of the next page.

    Raises:
        IdentityRefused: No account is linked, or it is switched off.
        DomainError: The flow of signing in objects.

    Source: GL 七(一)4; NB 26 (SEC-09: the second factor is still asked for, unless the
    provider is trusted and says that it asked; a link made by an administrator never
    spares it).
    """
    link = get_linked(identity.issuer, identity.subject)
    if identity.has_both_factors and link.is_linked_by_person:
        signing_in.complete(request, link.user, link, f"oidc:{link.name}")
        following = "workbench"
    else:
        signing_in.accept_first_factor(request, link.user)
        following = signing_in.next_step(request, link.user)
    request.session[ID_TOKEN_KEY] = {"issuer": identity.issuer, "token": identity.id_token}
    ExternalIdentity.objects.filter(pk=link.pk).update(last_used_at=clock.now())
    return following


def keep_for_linking(request: HttpRequest, attempt: dict[str, Any], identity: Identity) -> None:
    """Remember a proven identity until its owner confirms the link on our own page.

    Raises:
        UnifiedIdentityRefused: Somebody else is signed in now, or nobody.
    """
    if not is_signed_in(request) or request.user.pk != attempt["account"]:
        raise UnifiedIdentityRefused(
            _("The sign-in changed meanwhile, so nothing was linked."), fix=_("Sign in and link it again.")
        )
    request.session[PROVEN_KEY] = {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "name": identity.name,
        "provider": attempt["provider"],
        "account": request.user.pk,
        "at": time.time(),
    }


def get_proven(request: HttpRequest) -> dict[str, Any] | None:
    """The identity that waits for the click, if it is this account's and not too old."""
    proven = request.session.get(PROVEN_KEY)
    if not isinstance(proven, dict) or proven["account"] != request.user.pk:
        return None
    return proven if 0 <= time.time() - proven["at"] <= ATTEMPT_SECONDS else None


def take_sign_out_address(request: HttpRequest) -> str:
    """Where the person can sign out of the provider too; blank if they didn't come from one.

    To be asked before the session goes. Signing out here never waits for a
    provider that is down: then there is no such link.
    """
    kept = request.session.get(ID_TOKEN_KEY)
    if not isinstance(kept, dict):
        return ""
    provider = next((one for one in list_providers() if one.issuer == kept["issuer"]), None)
    if provider is None:
        return ""
    back = settings.WAGTAILADMIN_BASE_URL.rstrip("/") + reverse("backoffice:sign_in")
    try:
        return _provider(provider).sign_out_address(kept["token"], back)
    except ProviderRefused as refusal:
        logger.warning("unified_identity.no_sign_out", extra={"reason": refusal.code})
        return ""


def keep_sign_out_address(request: HttpRequest, address: str) -> None:
    """Remember the link for the page that follows; a form may not lead to a foreign site."""
    if address:
        request.session[SIGN_OUT_KEY] = address


def pop_sign_out_address(request: HttpRequest) -> str:
    """The link, once."""
    return str(request.session.pop(SIGN_OUT_KEY, ""))


def redirect_address() -> str:
    """Where providers send people back to: to be registered there exactly so."""
    return settings.WAGTAILADMIN_BASE_URL.rstrip("/") + reverse("backoffice:unified_return")
