"""Pages that say one thing, in the look of the site that was asked."""

from django.utils.translation import gettext_lazy as _
from markupsafe import escape

from jiyue.core.errors import Text
from jiyue.front.sites import SiteRoute
from jiyue.publishing.error_pages import not_found_page, out_of_order_page
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
    return message_page(
        route,
        title=_("This page can only be read"),
        text=_("Nothing can be sent to this address."),
        what_to_do=_("Check the address, or start from the home page or the search."),
    )


def too_large(route: SiteRoute) -> bytes:
    """More was sent than any form of the site holds."""
    return message_page(
        route,
        title=_("Too much was sent at once"),
        text=_("What you sent is larger than the form allows, so nothing was stored."),
        what_to_do=_("Go back in your browser, shorten the text and send it again."),
    )


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
    title = escape(_("There is no website at this address"))
    text = escape(_("Check the host name in the address."))
    return (
        f'<!DOCTYPE html>\n<html lang="zh-Hans"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>{text}</p></body></html>\n"
    ).encode()
