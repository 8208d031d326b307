"""Looks at every request of a trusted session: may it go on, and from here?"""

from collections.abc import Callable

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.access import is_signed_in, sign_in_redirect
from jiyue.backoffice.forms.refusals import sentence
from jiyue.core.audit import PLATFORM
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.sign_ins import hooks
from jiyue.organizations.sign_ins.enums import EndReason
from jiyue.organizations.sign_ins.models import StaffSession
from jiyue.organizations.sign_ins.origins import origin_of, remember_device
from jiyue.organizations.sign_ins.places import place_refusal
from jiyue.organizations.sign_ins.services.flags import flag_copied
from jiyue.organizations.sign_ins.services.sessions import end_session, over_reason, use_session

REFRESH_HEADER = "X-Jiyue-Refresh"  # sent by live.js
_SENTENCES: dict[EndReason, Promise] = {
    EndReason.IDLE: _("You were signed out because nothing was done for a while. Sign in again to go on."),
    EndReason.TOO_LONG: _("You were signed in for as long as the rules allow. Sign in again to go on."),
    EndReason.CLOCK: _("The server's clock was set. Please sign in again."),
    EndReason.ENDED_BY_SELF: _("You ended this sign-in from another device. Sign in again to go on."),
    EndReason.ENDED_BY_ADMINISTRATOR: _(
        "An administrator ended this sign-in. If you don't know why, ask the account manager of your unit."
    ),
    EndReason.DEVICE_CHANGED: _("This sign-in belongs to another browser. Please sign in here anew."),
}


class SessionGuard:
    """Ends a session that was ended elsewhere, ran out, or is used from where it mustn't (ORG-13, SEC-08)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_signed_in(request):
            refused = _refuse(request, request.user)  # type: ignore[arg-type]  # a signed-in one is ours
            if refused is not None:
                return refused
        elif hooks.SESSION_KEY in request.session and not request.user.is_authenticated:
            _close_orphan(request)
        response = self.get_response(request)
        remember_device(request, response)
        return response


def _refuse(request: HttpRequest, account: StaffAccount) -> HttpResponse | None:
    origin = origin_of(request)
    session = hooks.session_of(request) or hooks.attach(request, account, origin)
    if session.account_id == account.pk:
        session.account = account  # the request has it already
    reason = over_reason(session, origin)
    if reason is not None:
        if reason == EndReason.DEVICE_CHANGED and session.ended_at is None:
            flag_copied(session, address=origin.address, browser=origin.browser)
        text = str(_SENTENCES.get(reason, _("Your sign-in has ended. Sign in again to go on.")))
        return _leave(request, session, reason, text)
    refusal = place_refusal(account, origin)
    if refusal is not None:
        hooks.record_refusal(account, refusal)
        return _leave(request, session, EndReason.PLACE_REFUSED, sentence(refusal))
    if origin.address != session.address or not _refreshes_itself(request):
        use_session(session=session, origin=origin)
    return None


def _refreshes_itself(request: HttpRequest) -> bool:
    """Whether a page asks by itself how far its work is: a board left open keeps nobody signed in."""
    return request.method == "GET" and request.headers.get(REFRESH_HEADER) == "1"


def _leave(request: HttpRequest, session: StaffSession, reason: EndReason, text: str) -> HttpResponse:
    end_session(session=session, reason=reason, actor=PLATFORM)
    answer = sign_in_redirect(request)
    auth.logout(request)
    messages.warning(request, text)
    return answer


def _close_orphan(request: HttpRequest) -> None:
    """The account was switched off, or its password changed: the session is over."""
    session = hooks.session_of(request)
    if session is not None:
        end_session(session=session, reason=EndReason.ACCOUNT_OFF, actor=PLATFORM)
    request.session.pop(hooks.SESSION_KEY, None)
