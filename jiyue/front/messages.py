"""Pages that say one thing, in the look of the site that was asked."""

from django.utils.translation import gettext_lazy as _
from markupsafe import escape

from jiyue.core.errors import Text
from jiyue.front.sites import SiteRoute
from jiyue.publishing.error_pages import (
    method_refused_page,
    not_found_page,
    out_of_order_page,
    too_large_page,
)
from jiyue.publishing.pages import MessagePage
from jiyue.publishing.theme import render_page


def message_page(
    route: SiteRoute,
    *,
    title: Text,
    text: Text,
    what_to_do: Text = "",
    query_code: str = "",
    back_url: str = "/",
) -> bytes:
    """Render a page with one message; with a query code it is the confirmation of a submission."""
    page = MessagePage(
        frame=route.frame,
        title=str(title),
        text=str(text),
        what_to_do=str(what_to_do),
        query_code=query_code,
        back_url=back_url,
    )
    template = "received.html" if query_code else "message.html"
    return render_page(template, page, theme=route.theme).encode()


def not_found(route: SiteRoute) -> bytes:
    """Nothing is published under the address."""
    return render_page("message.html", not_found_page(route.frame), theme=route.theme).encode()


def method_not_allowed(route: SiteRoute) -> bytes:
    """Something was sent to a page that can only be read."""
    return render_page("message.html", method_refused_page(route.frame), theme=route.theme).encode()


def too_large(route: SiteRoute) -> bytes:
    """More was sent than any form of the site holds."""
    return render_page("message.html", too_large_page(route.frame), theme=route.theme).encode()


def bad_request(route: SiteRoute) -> bytes:
    """The request can't be understood."""
    return message_page(
        route,
        title=_("The request can't be read"),
        text=_("What your browser sent can't be understood, so nothing was stored."),
        what_to_do=_("Open the page anew and try again."),
    )


def out_of_order(route: SiteRoute) -> bytes:
    """Something failed on our side."""
    return render_page("message.html", out_of_order_page(route.frame), theme=route.theme).encode()


def no_such_site() -> bytes:
    """The host name belongs to no site, so there is no look to give the page."""
    return _bare(_("There is no website at this address"), _("Check the host name in the address.")).encode()


def all_away() -> str:
    """Origin and mirror are down: one line, without quotes, for the configuration of the balancer."""
    return (
        _bare(_("Temporarily unavailable"), _("Please try again in a few minutes.")).replace('"', "").strip()
    )


def _bare(title: Text, text: Text) -> str:
    heading = escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="zh-Hans"><head><meta charset="utf-8"><title>{heading}</title></head>'
        f"<body><h1>{heading}</h1><p>{escape(text)}</p></body></html>\n"
    )
