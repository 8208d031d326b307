"""Pages for what isn't there and for what failed: files, so that any web server can show them."""

from django.utils.translation import gettext

from jiyue.publishing.pages import MessagePage, SiteFrame
from jiyue.publishing.theme import render_page

NOT_FOUND = "404.html"
OUT_OF_ORDER = "50x.html"
ERROR_PAGES = (NOT_FOUND, OUT_OF_ORDER)


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


def render_error_pages(frame: SiteFrame, *, theme: str) -> dict[str, str]:
    """Return both pages of a site by path."""
    pages = {NOT_FOUND: not_found_page(frame), OUT_OF_ORDER: out_of_order_page(frame)}
    return {path: render_page("message.html", page, theme=theme) for path, page in pages.items()}
