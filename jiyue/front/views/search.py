"""The search page: the index answers, no database is touched."""

import logging
import math
import re

from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jiyue.front import messages
from jiyue.front.repository import Narrowing, filters_of, read_narrowing
from jiyue.front.sites import SiteRoute
from jiyue.front.wsgi import site_of
from jiyue.library.enums import ValidityStatus
from jiyue.publishing.pages import Link, SearchHit, SearchPage
from jiyue.publishing.theme import render_page
from jiyue.search import engine
from jiyue.search.selectors import search_site

logger = logging.getLogger(__name__)

PER_PAGE = 10
LAST_PAGE = engine.MAX_REACHABLE_HITS // PER_PAGE
NEIGHBOURS = 4  # page numbers shown on each side of the current one
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f]+")


@never_cache
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what the site has for `q`, ten hits a page."""
    route = site_of(request)
    text = _INVISIBLE.sub(" ", request.GET.get("q", "")).strip()
    narrowing = read_narrowing(request)
    if not text and not narrowing.kind:
        return _render(route, SearchPage(route.frame, query="", items=(), total_text="", took_text=""))
    try:
        results, number = _search(route, text, narrowing, _page_number(request.GET.get("page", "")))
    except (engine.SearchUnavailable, engine.IndexOutdated):
        logger.exception("front.search_unavailable", extra={"site": route.key})
        return HttpResponse(_unavailable(route), status=503)
    return _render(route, _page(route, text, narrowing, results, number))


def _search(
    route: SiteRoute, text: str, narrowing: Narrowing, number: int
) -> tuple[engine.SearchResults, int]:
    """Search; a page behind the last one is taken for the last."""

    def ask(page: int) -> engine.SearchResults:
        return search_site(
            site_key=route.key,
            text=text,
            kind=narrowing.kind,
            page=page,
            per_page=PER_PAGE,
            facets=narrowing.facets,
            with_counts=narrowing.kind is not None,
        )

    results = ask(number)
    last = _last_page(results)
    return (results, number) if number <= last else (ask(last), last)


def _page_number(text: str) -> int:
    return min(int(text), LAST_PAGE) if re.fullmatch(r"[1-9][0-9]{0,5}", text) else 1


def _last_page(results: engine.SearchResults) -> int:
    return max(1, min(math.ceil(results.total / PER_PAGE), LAST_PAGE))


def _page(
    route: SiteRoute, text: str, narrowing: Narrowing, results: engine.SearchResults, number: int
) -> SearchPage:
    query = text[: engine.MAX_QUERY_CHARS]
    last = _last_page(results)

    def url(page: int) -> str:
        parameters = {"q": query} if query else {}
        parameters |= narrowing.parameters() | ({"page": str(page)} if page > 1 else {})
        return f"{route.frame.search_url}?{urlencode(parameters)}"

    shown = range(max(1, number - NEIGHBOURS), min(last, number + NEIGHBOURS) + 1)
    return SearchPage(
        frame=route.frame,
        query=query,
        items=tuple(_hit(hit) for hit in results.hits),
        total_text=_total_text(results),
        notices=tuple(str(message) for message in results.messages),
        took_text=gettext("in %(seconds)s seconds")
        % {"seconds": number_format(results.took_ms / 1000, decimal_pos=3)},
        pages=tuple(Link(str(page), url(page), is_current=page == number) for page in shown)
        if last > 1
        else (),
        older_url=url(number + 1) if number < last else "",
        newer_url=url(number - 1) if number > 1 else "",
        is_repository=narrowing.kind is not None,
        filters=filters_of(narrowing, results.counts, text=query, search_url=route.frame.search_url)
        if narrowing.kind
        else (),
    )


def _total_text(results: engine.SearchResults) -> str:
    return ngettext("%(total)s result", "%(total)s results", results.total) % {"total": f"{results.total:,}"}


def _hit(hit: engine.SearchHit) -> SearchHit:
    is_in_force = hit.validity_status in ("", ValidityStatus.VALID)
    return SearchHit(
        title=hit.title_html,
        url=hit.url,
        excerpt=hit.excerpt_html,
        date=hit.date.isoformat(),
        channel=hit.channel_name,
        document_number=hit.document_number,
        validity="" if is_in_force else str(ValidityStatus(hit.validity_status).label),
        archived_on=hit.archived_on,
    )


def _unavailable(route: SiteRoute) -> bytes:
    return messages.message_page(
        route,
        title=_("The search is out of order"),
        text=_("The search can't answer at the moment. The fault was recorded; all pages can still be read."),
        what_to_do=_("Please try again in a few minutes, or look into the channels in the menu."),
    )


def _render(route: SiteRoute, page: SearchPage) -> HttpResponse:
    return HttpResponse(render_page("search.html", page, theme=route.theme))
