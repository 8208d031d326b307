"""Pages for what isn't there and for what failed: files, so that any web server can show them."""

from django.utils.translation import gettext

from jiyue.publishing.pages import MessagePage, SiteFrame
from jiyue.publishing.theme import render_page

NOT_FOUND = "404.html"
OUT_OF_ORDER = "50x.html"
METHOD_REFUSED = "405.html"
TOO_LARGE = "413.html"
TOO_MANY = "429.html"
READ_ONLY = "503.html"


def not_found_page(frame: SiteFrame) -> MessagePage:
    """Nothing is published under the address."""
    return MessagePage(
        frame=frame,
        title=gettext("Page not found"),
        text=gettext("There is no page at this address. It may have been moved or withdrawn."),
        what_to_do=gettext("Check the address, or start from the home page or the search."),
    )


def out_of_order_page(frame: SiteFrame) -> MessagePage:
    """Something failed on our side."""
    return MessagePage(
        frame=frame,
        title=gettext("Something doesn't work on our side"),
        text=gettext("The page can't be shown at the moment. The fault was recorded."),
        what_to_do=gettext("Please try again in a few minutes."),
    )


def method_refused_page(frame: SiteFrame) -> MessagePage:
    """Something was sent to a page that can only be read."""
    return MessagePage(
        frame=frame,
        title=gettext("This page can only be read"),
        text=gettext("Nothing can be sent to this address."),
        what_to_do=gettext("Check the address, or start from the home page or the search."),
    )


def too_large_page(frame: SiteFrame) -> MessagePage:
    """More was sent than any form of the site holds."""
    return MessagePage(
        frame=frame,
        title=gettext("Too much was sent at once"),
        text=gettext("What you sent is larger than the form allows, so nothing was stored."),
        what_to_do=gettext("Go back in your browser, shorten the text and send it again."),
    )


def too_many_page(frame: SiteFrame) -> MessagePage:
    """One address asked too often."""
    return MessagePage(
        frame=frame,
        title=gettext("Too many requests"),
        text=gettext("More was asked for from your network in a short time than this website answers."),
        what_to_do=gettext("Please wait half a minute and load the page again."),
    )


def read_only_page(frame: SiteFrame) -> MessagePage:
    """Search and forms while only a copy of the pages can be shown."""
    return MessagePage(
        frame=frame,
        title=gettext("Temporarily unavailable"),
        text=gettext(
            "The website is being restored. Its pages can be read; search and forms don't work at the moment."
        ),
        what_to_do=gettext("Please try again later. Nothing you sent was stored."),
    )


_PAGES = {
    NOT_FOUND: not_found_page,
    OUT_OF_ORDER: out_of_order_page,
    METHOD_REFUSED: method_refused_page,
    TOO_LARGE: too_large_page,
    TOO_MANY: too_many_page,
    READ_ONLY: read_only_page,
}
ERROR_PAGES = tuple(_PAGES)


def render_error_pages(frame: SiteFrame, *, theme: str) -> dict[str, str]:
    """Return these pages of a site by path."""
    return {path: render_page("message.html", page(frame), theme=theme) for path, page in _PAGES.items()}
