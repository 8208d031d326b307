"""Correction report and comment: checked, sealed, put into the inbox; nothing is read."""

import logging
import uuid
from dataclasses import dataclass

from django.core.cache import cache
from django.db import DatabaseError
from django.forms import CharField
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from jiyue.core import inbox
from jiyue.core.errors import Text
from jiyue.front import limits, messages
from jiyue.front.forms import TRAP_FIELD, CitizenForm, CommentForm, CorrectionForm
from jiyue.front.published import page_title, published_path
from jiyue.front.sites import SiteRoute
from jiyue.front.wsgi import address_of, site_of
from jiyue.interaction.services import COMMENT_TOPIC, CORRECTION_TOPIC
from jiyue.publishing.pages import FormField, FormPage
from jiyue.publishing.theme import render_page

logger = logging.getLogger(__name__)

SHOW_AGAIN_SECONDS = 60  # a double click drops the first answer: the second one shows the same code

_EXPIRED = _("The form had expired, or your browser refuses cookies. Nothing was sent; please send it again.")
_TAKEN_FOR_MACHINE = _("The automatic check took this for a machine's sending. Please send it once more.")
_TOO_MANY = _(
    "Too many forms were sent from your connection. Please send this one again in %(minutes)d minutes."
)
_NOT_STORED = _(
    "Your text couldn't be stored because of a fault on our side. Please send it again in a few minutes."
)


@dataclass(frozen=True)
class FormKind:
    """What differs between the two forms."""

    topic: str
    form: type[CitizenForm]
    url: str
    title: Text
    intro: Text
    submit_label: Text
    thanks: Text
    needs_page: bool


CORRECTION = FormKind(
    topic=CORRECTION_TOPIC,
    form=CorrectionForm,
    url="/correction/",
    title=_("Report an error on this website"),
    intro=_("Tell us what is wrong on this website. The office that runs it checks every report."),
    submit_label=_("Send the report"),
    thanks=_("Thank you. Your report was received and goes to the office that runs this website."),
    needs_page=False,
)
COMMENT = FormKind(
    topic=COMMENT_TOPIC,
    form=CommentForm,
    url="/comment/",
    title=_("Comment on this page"),
    intro="",
    submit_label=_("Send the comment"),
    thanks=_("Thank you. Your comment was received and goes to the office that runs this website."),
    needs_page=True,
)
KINDS = {kind.url: kind for kind in (CORRECTION, COMMENT)}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def citizen_form(request: HttpRequest) -> HttpResponse:
    """Show the form of this address, or take what was sent with it."""
    kind, route = KINDS[request.path], site_of(request)
    page = published_path(route, _asked_page(request))
    if kind.needs_page and not page:
        return HttpResponse(_choose_a_page(route), status=404)
    if request.method == "POST":
        return _take(request, route, kind, page)
    return _show(request, route, kind, page, kind.form(needs_place=not page))


@never_cache
def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django's call
    """Answer a form without a valid anti-forgery cookie: nothing is sent, nothing typed is lost."""
    kind, route = KINDS.get(request.path), site_of(request)
    if kind is None:
        return HttpResponse(messages.bad_request(route), status=403)
    page = published_path(route, _asked_page(request))
    form = kind.form(request.POST, needs_place=not page)
    return _show(request, route, kind, page, form, error=_EXPIRED, status=403)


def _asked_page(request: HttpRequest) -> str:
    return (request.POST if request.method == "POST" else request.GET).get("page", "")


def _choose_a_page(route: SiteRoute) -> bytes:
    return messages.message_page(
        route,
        title=_("Which page would you like to comment on?"),
        text=_("A comment belongs to a page, and the address names none of this website."),
        what_to_do=_("Open the page and choose “Comment on this page” at its end."),
    )


def _take(request: HttpRequest, route: SiteRoute, kind: FormKind, page: str) -> HttpResponse:
    form = kind.form(request.POST, needs_place=not page)
    submission_id = _submission_id(request)
    if submission_id is None or request.POST.get(TRAP_FIELD):
        logger.info("front.form_trapped", extra={"topic": kind.topic, "site": route.key})
        return _show(request, route, kind, page, form, error=_TAKEN_FOR_MACHINE, status=400)
    if not form.is_valid():
        return _show(request, route, kind, page, form, status=400)
    if not limits.is_within_limit(address_of(request)):
        error = _TOO_MANY % {"minutes": limits.FORM_WINDOW_SECONDS // 60}
        return _show(request, route, kind, page, form, error=error, status=429)
    fields = {
        "page": page,
        "page_title": page_title(route, page) if page else form.cleaned_data["place"],
        "text": form.cleaned_data["text"],
        "contact": form.cleaned_data["contact"],
    }
    try:
        code = inbox.store(submission_id=submission_id, topic=kind.topic, site_key=route.key, fields=fields)
    except (DatabaseError, OSError):  # shown to the sender, who still has the text; logged for us
        logger.exception("front.inbox_unreachable", extra={"topic": kind.topic, "site": route.key})
        return _show(request, route, kind, page, form, error=_NOT_STORED, status=503)
    return _received(route, kind, page, submission_id, code)


def _submission_id(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get("submission_id", ""))
    except ValueError:
        return None


def _received(
    route: SiteRoute, kind: FormKind, page: str, submission_id: uuid.UUID, code: str | None
) -> HttpResponse:
    key = f"query-code:{submission_id}"
    if code is None:
        code = cache.get(key)
    else:
        cache.set(key, code, SHOW_AGAIN_SECONDS)
    if code is None:
        body = messages.message_page(
            route,
            title=_("Already received"),
            text=_("This form was sent before and was received once. It isn't counted twice."),
            what_to_do=_(
                "The query code was shown when it was received. To report something else, open the form anew."
            ),
            back_url=page or "/",
        )
    else:
        body = messages.message_page(
            route, title=_("Received"), text=kind.thanks, query_code=code, back_url=page or "/"
        )
    return HttpResponse(body)


def _show(
    request: HttpRequest,
    route: SiteRoute,
    kind: FormKind,
    page: str,
    form: CitizenForm,
    *,
    error: Text = "",
    status: int = 200,
) -> HttpResponse:
    sent = _submission_id(request) if request.method == "POST" else None
    form_page = FormPage(
        frame=route.frame,
        kind=kind.topic,
        title=str(kind.title),
        intro=str(kind.intro),
        action_url=kind.url,
        page_url=page,
        page_title=page_title(route, page) if page else "",
        fields=tuple(_field(form, name) for name in form.fields),
        csrf_token=get_token(request),
        submission_id=str(sent or uuid.uuid4()),
        submit_label=str(kind.submit_label),
        errors=(str(error),) if error else (),
    )
    return HttpResponse(render_page("form.html", form_page, theme=route.theme), status=status)


def _field(form: CitizenForm, name: str) -> FormField:
    bound, field = form[name], form.fields[name]
    return FormField(
        name=name,
        label=str(field.label),
        kind="textarea" if name == "text" else "text",
        value=str(bound.value() or ""),
        hint=str(field.help_text),
        errors=tuple(str(error) for error in bound.errors),
        is_required=field.required,
        max_length=field.max_length if isinstance(field, CharField) else None,
    )
