"""Nothing dangerous and nothing malformed leaves the gate, whatever enters."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from jiyue.library.richtext import clean_html, sanitize
from jiyue.library.richtext.cleaning import ALLOWED_ATTRIBUTES, ALLOWED_CLASSES, ALLOWED_TAGS
from jiyue.library.richtext.model import tag_names

TAGS = sorted(
    tag_names(
        "p div span b strong i em u a img table tbody tr td th ul ol li h1 h2 h4 blockquote br hr figure "
        "figcaption caption thead font center script style svg math form button select option iframe "
        "object template o:p xml title plaintext noscript marquee textarea body head html pre dl dt dd sub "
    )
)
ATTRIBUTES = (
    'class="align-center x note"',
    'style="text-align:right;margin-left:4em"',
    'style="font-weight:bold;mso-list:Ignore"',
    'style="background:url(javascript:alert(1))"',
    'href="javascript:alert(1)"',
    'href=" java&#10;script:alert(1)"',
    'href="data:text/html,x"',
    'href="https://example.org/a b?c=1&d=2"',
    'href="/zwgk/1.html"',
    'src="/media/a.png"',
    "src=x onerror=alert(1)",
    'onclick="alert(1)"',
    'colspan="3"',
    'rowspan="2"',
    'rowspan="0"',
    'width="30%"',
    'align="right"',
    'start="4"',
    'scope="row"',
    "id=x",
)
tag_starts = st.builds(
    lambda name, attributes: f"<{name} {' '.join(attributes)}>",
    st.sampled_from(TAGS),
    st.lists(st.sampled_from(ATTRIBUTES), max_size=2),
)
pieces = st.one_of(
    tag_starts,
    tag_starts,
    st.sampled_from(TAGS).map(lambda name: f"</{name}>"),
    st.text(alphabet="公文 \u3000\xa0\n\t<>&\"'/x1\x00\ufeff", max_size=6),
    st.sampled_from(
        [
            "<!--",
            "-->",
            "<![endif]-->",
            "<!--[if mso]>",
            "<![CDATA[",
            "&lt;script&gt;",
            "<br>",
            "<br/>\u3000\u3000",
        ]
    ),
)
markup = st.lists(pieces, max_size=25).map("".join)


def assert_only_allowed(html: str) -> None:
    body = LexborHTMLParser(html).body
    assert body is not None
    for node in body.traverse():
        if node.tag in {"body", "-text"}:
            continue
        assert node.tag in ALLOWED_TAGS
        for name, value in node.attributes.items():
            if name == "class":
                assert set((value or "").split()) <= ALLOWED_CLASSES[node.tag]
                continue
            assert name in ALLOWED_ATTRIBUTES.get(node.tag, set())
            if name == "href":
                assert re.match(r"https?://|mailto:|tel:|[^:]*$|[^:/?#]*[/?#]", value or "")
                assert not re.match(r"\s*(javascript|data|vbscript)", value or "", re.IGNORECASE)
            if name == "src":
                assert (value or "").startswith("/media/")


@settings(max_examples=600, deadline=None)
@given(markup)
def test_cleaning_twice_changes_nothing_and_only_allowed_markup_leaves(html: str) -> None:
    cleaned = clean_html(html)
    assert clean_html(cleaned) == cleaned
    assert sanitize(cleaned) == cleaned
    assert_only_allowed(cleaned)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_accepted(text: str) -> None:
    cleaned = clean_html(text)
    assert clean_html(cleaned) == cleaned
    assert_only_allowed(cleaned)


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1) onmouseover='x()'>文</p>",
        "<a href='javascript:alert(1)'>文</a>",
        "<a href='JaVaScRiPt&colon;alert(1)'>文</a>",
        "<a href='&#1;javascript:alert(1)'>文</a>",
        "<a href='java\tscript:alert(1)'>文</a>",
        "<a href='data:text/html;base64,PHNjcmlwdD4='>文</a>",
        "<a href='//evil.example/'>文</a>",
        "<a href='/\\evil.example/'>文</a>",
        "<img src='x' onerror='alert(1)'>",
        "<img src='/media/../secret.png'>",
        "<img src='/media//evil'>",
        "<img src='https://tracker.example/p.gif'>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
        "<iframe src='https://evil.example'></iframe>",
        "<form action='https://evil.example'><input name=q></form>",
        "<p style='background:url(javascript:alert(1))'>文</p>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<title><style></title><img src=x onerror=alert(1)>",
        "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img onerror=alert(1)&gt;'>",
        "<base href='https://evil.example/'><meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<link rel=stylesheet href='https://evil.example/x.css'><style>@import 'x'</style>",
    ],
)
def test_known_attacks_leave_nothing_behind(html: str) -> None:
    cleaned = clean_html(html)
    assert_only_allowed(cleaned)
    for trace in ("alert", "evil", "onerror", "javascript", "tracker", "style", "secret"):
        assert trace not in cleaned


def test_safe_links_stay() -> None:
    html = (
        '<p><a href="https://www.gov.cn/a?b=1&amp;c=2">一</a> <a href="/zwgk/index.html">二</a> '
        '<a href="mailto:a@example.org">三</a> <a href="tel:+8651312345">四</a></p>'
    )
    assert clean_html(html) == html
