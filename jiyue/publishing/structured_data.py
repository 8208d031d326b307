"""schema.org data of public pages, as JSON in a data block.

A block of type `application/ld+json` is never run, so a strict content
security policy lets it stand. Nothing in it can end the block: `<`, `>` and
`&` are written as escapes of JSON.

Source: CQ (十一) (PUB-20).
"""

import json
import re
from collections.abc import Sequence

from markupsafe import Markup

from jiyue.publishing.pages import DetailPage, Link, SiteFrame
from jiyue.publishing.xml_text import UTC_OFFSET

ARTICLE, NEWS, LEGISLATION, PAGE, SERVICE = (
    "Article",
    "NewsArticle",
    "Legislation",
    "WebPage",
    "GovernmentService",
)
# By kind of resource; others are articles.
SCHEMA_TYPES = {
    "article": NEWS,
    "notice": NEWS,
    "interpretation": NEWS,
    "policy_document": LEGISLATION,
    "service_item": SERVICE,
    "static_page": PAGE,
    "institution_profile": PAGE,
    "leader_profile": PAGE,
}

_CONTEXT = "https://schema.org"
_JSON_UNSAFE = re.compile("[<>&\u2028\u2029]")


def json_block(data: object) -> Markup:
    """Return JSON that is safe inside a `<script>` data block."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(_JSON_UNSAFE.sub(_json_escape, text))  # noqa: S704 - escaped above


def _json_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _moment(text: str) -> str:
    return text.replace(" ", "T", 1) + f":00{UTC_OFFSET}"


def publisher_data(frame: SiteFrame) -> dict[str, object]:
    """The government body behind a site."""
    return {
        "@type": "GovernmentOrganization",
        "name": frame.sponsor or frame.name,
        "url": frame.base_url + "/",
    }


def detail_json_ld(page: DetailPage) -> Markup:
    """Return what a page is: news, a document, a service, or plainly an article."""
    data: dict[str, object] = {"@context": _CONTEXT, "@type": page.schema_type}
    if page.schema_type == SERVICE:  # no work of an author
        data |= {
            "name": page.title,
            "url": page.canonical_url,
            "serviceOperator": {
                "@type": "GovernmentOrganization",
                "name": page.source or page.frame.sponsor,
            },
            "provider": publisher_data(page.frame),
        }
    else:
        data |= {
            "headline": page.title,
            "mainEntityOfPage": page.canonical_url,
            "datePublished": _moment(page.published_at),
            "dateModified": _moment(page.changed_at or page.published_at),
            "inLanguage": page.frame.language,
            "author": {"@type": "Organization", "name": page.source or page.frame.sponsor},
            "publisher": publisher_data(page.frame),
        }
    if page.image_url:
        data["image"] = page.frame.base_url + page.image_url
    return json_block(data)


def breadcrumbs_json_ld(frame: SiteFrame, breadcrumbs: Sequence[Link]) -> Markup:
    """Return the way from the home page to a channel."""
    steps = [
        {"@type": "ListItem", "position": place, "name": link.name, "item": frame.base_url + link.url}
        for place, link in enumerate(breadcrumbs, start=1)
    ]
    return json_block({"@context": _CONTEXT, "@type": "BreadcrumbList", "itemListElement": steps})


def home_json_ld(frame: SiteFrame) -> Markup:
    """Return what a site is, who sponsors it and how it is searched."""
    home = frame.base_url + "/"
    body = publisher_data(frame) | {"@id": f"{home}#organization"}
    if frame.contact:
        body["contactPoint"] = {"@type": "ContactPoint", "description": frame.contact}
    if frame.logo_url:
        body["logo"] = frame.base_url + frame.logo_url
    site = {
        "@type": "WebSite",
        "@id": f"{home}#website",
        "name": frame.name,
        "url": home,
        "inLanguage": frame.language,
        "publisher": {"@id": f"{home}#organization"},
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{frame.base_url}{frame.search_url}?q={{search_term_string}}",
            },
            "query-input": "required name=search_term_string",
        },
    }
    return json_block({"@context": _CONTEXT, "@graph": [body, site]})
