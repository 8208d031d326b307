"""Which website sent a reader: its name alone, and only where it tells nothing about the reader.

The page hands over the host of `document.referrer`. What is counted is the
name that was registered (`m.baidu.com` counts as `baidu.com`), so that a rare
host below it can't stand for one person.

Source: CQ (十一) (PUB-20).
"""

import ipaddress
import re

UNNAMED = ""  # a reader who came from somewhere that isn't told apart
MAX_CHARS = 253

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
# Names below which anybody can register: com.cn, gov.cn, bj.cn, co.uk. Two letters at the end,
# one of these before them. A list of every public suffix would name a few hosts more exactly.
_REGISTRY = re.compile(
    r"(?:ac|com?|edu|gov|mil|net?|org?"
    r"|ah|bj|cq|fj|g[dsxz]|h[abeikln]|j[lsx]|ln|mo|nm|nx|qh|s[cdhnx]|tj|tw|x[jz]|yn|zj)\Z"
)
# A search engine below the name of something else.
_TOLD_APART = frozenset({"so.toutiao.com"})


def referring_host(text: str) -> str | None:
    """Return the registered name in what a page calls its referrer.

    Args:
        text: Sent by a browser, so anything at all.

    Returns:
        The name; `UNNAMED` for an address without a registered name; None
        where the text names no website, and nothing is to be counted.
    """
    host = text[: MAX_CHARS + 1].lower().rstrip(".")
    if _is_address(host):
        return UNNAMED
    if len(host) > MAX_CHARS or not _HOST.match(host):
        return None
    labels = host.split(".")
    if host in _TOLD_APART:
        return host
    has_registry = len(labels) > 2 and len(labels[-1]) == 2 and _REGISTRY.match(labels[-2])
    return ".".join(labels[-3:] if has_registry else labels[-2:])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
