"""Links in texts (REV-28): prohibited places, programs, shops, and what is no official source."""

import ipaddress
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from urllib.parse import urlsplit

from jiyue.textcheck.circumstances import Link, LinkMode
from jiyue.textcheck.fields import Field, Role
from jiyue.textcheck.findings import Hit, Severity
from jiyue.textcheck.wording import explain
from jiyue.textcheck.words import DATA

CLAUSE = "HT 一¶4; NT 25; NB 12; NB 18"
MAX_SHOWN = 200  # characters of an address in a message
_IN_TEXT = re.compile(r"(?:https?://|www\.)[^\s\u4e00-\u9fff，。；：！？、）》”\"'<>]{1,500}", re.IGNORECASE)
_SCHEME = re.compile(r"[\s\x00-\x20]*([a-zA-Z][a-zA-Z0-9+.\-]{0,30}):")
_MODES: Mapping[LinkMode, Severity | None] = {
    LinkMode.ALLOWED: None,
    LinkMode.WARNED: Severity.WARNING,
    LinkMode.FORBIDDEN: Severity.ERROR,
}


@cache
def link_lists() -> Mapping[str, tuple[str, ...]]:
    """Domains and words that links are judged by."""
    with (DATA / "links.toml").open("rb") as file:
        return {name: tuple(values) for name, values in tomllib.load(file).items()}


def check_links(field: Field) -> Iterator[Hit]:
    """Links of the body, and addresses written out in any field.

    Source: HT 一¶4; NT 25; NB 12; NB 18 (REV-28).
    """
    if field.role == Role.BODY:
        seen = 0
        for link in field.about.links:
            start = field.original.find(link.text, seen) if link.text else -1
            start = field.original.find(link.text) if link.text and start < 0 else start
            rule, severity = judge_link(link, field)
            if rule and severity:
                yield _hit(rule, severity, link, start)
            if start >= 0:
                seen = start + len(link.text)
    for match in _IN_TEXT.finditer(field.text):
        rule, severity = judge_link(Link(match[0], match[0]), field)
        if rule and severity:
            message, fix = explain(rule, match[0][:MAX_SHOWN])
            yield Hit(rule, match.start(), match.end(), severity, message, fix, None, CLAUSE)


def _hit(rule: str, severity: Severity, link: Link, start: int) -> Hit:
    shown = link.url[:MAX_SHOWN]
    message, fix = explain(rule, shown)
    if start < 0:
        return Hit(rule, 0, 0, severity, message, fix, None, CLAUSE, excerpt=shown)
    return Hit(rule, start, start + len(link.text), severity, message, fix, None, CLAUSE, excerpt=link.text)


def judge_link(link: Link, field: Field) -> tuple[str, Severity | None]:
    """Which rule a link breaks, and how much that weighs; an empty rule where it breaks none.

    Args:
        link: The link.
        field: Where it stands, with what the unit's policy says.
    """
    lists = link_lists()
    scheme = _SCHEME.match(link.url)
    if scheme and scheme[1].lower() in lists["programs"]:
        return "links.script", Severity.VETO
    host = host_of(link.url)
    if not host:
        return "", None
    if _is_blocked(host, field.about.blocked_domains):
        return "links.blocked", Severity.VETO
    if _is_official(host, field.about.official_domains):
        return "", None
    if is_within(host, lists["shops"]) or any(part in link.url for part in lists["advertising_parameters"]):
        return "links.advertising", Severity.ERROR
    if is_within(host, lists["short_links"]) or _is_bare_address(host):
        return "links.hidden", Severity.WARNING
    return "links.unofficial", _MODES[field.about.unofficial_links]


def host_of(url: str) -> str:
    """Host that an address leads to, in lower case; empty for addresses within the site."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}" if url.lower().startswith("www.") else url)
        return (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_within(host: str, domains: Collection[str]) -> bool:
    """Tell whether a host is one of the domains or lies below one."""
    parts = host.split(".")
    return any(".".join(parts[at:]) in domains for at in range(len(parts)))


def _is_blocked(host: str, own: Collection[str]) -> bool:
    lists = link_lists()
    if is_within(host, lists["blocked_domains"]) or is_within(host, own):
        return True
    return host.rpartition(".")[2] in lists["blocked_suffixes"]


def _is_official(host: str, own: Collection[str]) -> bool:
    lists = link_lists()
    return any(
        is_within(host, domains) for domains in (lists["official_suffixes"], lists["official_domains"], own)
    )


def _is_bare_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
