"""A public collection of XSS payloads through the cleaner: nothing that could act is left (SEC-06)."""

import json
import re
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from jiyue.library.drafting.pasting import clean_paste
from jiyue.library.drafting.tidying import tidy
from jiyue.library.richtext import clean_html
from jiyue.library.richtext.cleaning import ALLOWED_ATTRIBUTES, ALLOWED_TAGS

pytestmark = pytest.mark.unit

PAYLOADS: list[str] = json.loads(
    Path(__file__).with_name("data").joinpath("xss_payloads.json").read_text(encoding="utf-8")
)
FRAMES = (
    "{}",
    "<p>{}</p>",
    '<a href="{}">链接</a>',
    '<img src="{}" alt="">',
    "<table><tr><td>{}</td></tr></table>",
    '<p title="{}">文</p>',
)
_SAFE_LINK = re.compile(r"(?:https?|mailto|tel):|(?![a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_SAFE_IMAGE = re.compile(r"/media/[\w./-]+")


def dangers(html: str) -> list[str]:
    """Everything in clean HTML that isn't on the closed list, or could act."""
    body = LexborHTMLParser(f"<body>{html}</body>").body
    assert body is not None
    found = []
    for node in body.css("*"):
        if node.tag == "body":
            continue
        if node.tag not in ALLOWED_TAGS:
            found.append(f"element {node.tag}")
        for name, value in node.attributes.items():
            if name not in ALLOWED_ATTRIBUTES.get(node.tag or "", set()) | {"class"}:
                found.append(f"attribute {name} of {node.tag}")
            if name == "href" and not _SAFE_LINK.match(value or ""):
                found.append(f"link {value}")
            if name == "src" and not _SAFE_IMAGE.fullmatch(value or ""):
                found.append(f"picture {value}")
    return found


def test_the_collection_is_a_collection() -> None:
    assert len(PAYLOADS) > 500


@pytest.mark.req("SEC-06")
@pytest.mark.parametrize("frame", FRAMES)
def test_no_payload_leaves_anything_that_could_act(frame: str) -> None:
    wrong = {}
    for payload in PAYLOADS:
        html = clean_html(frame.format(payload))
        if found := dangers(html):
            wrong[payload] = found
        elif clean_html(html) != html:
            wrong[payload] = ["cleaning it again changes it"]
    assert wrong == {}


def test_the_clean_up_and_pasting_open_no_other_way() -> None:
    for payload in PAYLOADS:
        assert dangers(tidy(f"<p>{payload}</p>").html) == []
        assert dangers(clean_paste(f"<!--StartFragment--><p>{payload}</p><!--EndFragment-->").html) == []


def test_the_check_itself_sees_dangers() -> None:
    assert dangers('<p onclick="x()">a</p><a href="javascript:x()">b</a><script>x()</script>') == [
        "attribute onclick of p",
        "link javascript:x()",
        "element script",
    ]
