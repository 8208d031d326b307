"""Saved web pages: the article is found, the page around it only read for metadata."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from jiyue.library.importing.draft import Draft
from jiyue.library.importing.labels import is_plausible, keep
from jiyue.library.importing.titles import tidy_title
from jiyue.library.richtext.addresses import safe_image_source
from jiyue.library.richtext.guard import tame
from jiyue.library.richtext.inline import clean_characters
from jiyue.library.richtext.model import Block, Table, TextBlock, text_blocks
from jiyue.library.richtext.reader import read_node

HEAD_CHARS = 60_000  # characters; title and meta elements stand at the beginning
MIN_ARTICLE_CHARS = 120  # characters of text that make an element the article
MIN_ARTICLE_BLOCKS = 4  # paragraphs that make a cell of a layout table the article
MAIN_CELL_SHARE = 0.6  # of a table's text in one cell
MIN_ARTICLE_SHARE = 0.4  # of the page's text

ARTICLE_SELECTORS = (
    "#UCAP-CONTENT",
    ".trs_editor_view",
    ".TRS_Editor",
    ".TRS_UEDITOR",
    "[itemprop=articleBody]",
    "#zoom",
    "#Zoom",
    "#articleContent",
    "#article_content",
    "#content_main",
    ".article-content",
    ".article_content",
    ".articleContent",
    ".pages_content",
    ".news_content",
    ".content-text",
    ".zwxl-article",
    ".wzcon",
    ".bt-content",
    ".ewb-article-info",
    ".zoom",
    "article",
    "main",
    "#content",
    ".content",
)
META_FIELDS = {
    "articletitle": "title",
    "pubdate": "originally_published_on",
    "publishdate": "originally_published_on",
    "contentsource": "source",
    "author": "author",
    "keywords": "keywords",
    "columnname": "",
}
_FURNITURE_TAGS = "nav, aside, footer, script, style, noscript, iframe, form, select, button"
_FURNITURE_NAME = re.compile(
    r"(?:^|[\s_-])(?:breadcrumbs?|crumbs?|share|bdshare\w*|print|footer|foot|header|top-?bar|nav\w*|menu|side-?bar|related|"
    r"recommend|qr-?code|ewm|comments?|pagination|pager|tool-?bar|copyright|location|position|dqwz|weizhi|fenxiang|"
    r"dayin|xgwz|wxgw)(?:$|[\s_-])",
    re.IGNORECASE,
)
_META = "meta[name], meta[property]"


def read_web_page(name: str, text: str) -> Draft:
    """Return the article of a page as blocks, and what the page states about it."""
    head = LexborHTMLParser(
        text[:HEAD_CHARS].partition("</head>")[0] if "</head>" in text[:HEAD_CHARS] else "<p>"
    )
    draft = Draft(name, [])
    _read_tags(draft, head)
    body = LexborHTMLParser(tame(clean_characters(text))).body
    if body is None:
        return draft
    heading = body.css_first("h1")
    if heading is not None:
        draft.set_title(tidy_title(_text(heading)))
    _strip_furniture(body)
    article = _article(body)
    if article is None:
        draft.blocks = open_layout_tables(read_node(body))
    else:
        draft.blocks = open_layout_tables(read_node(article))
        draft.note_pictures(sum(1 for image in article.css("img") if not _is_ours(image)))
        article.decompose()
        draft.page = open_layout_tables(read_node(body))
    draft.has_outline = sum(1 for block in draft.blocks if isinstance(block, TextBlock) and block.level) > 1
    return draft


def open_layout_tables(blocks: list[Block]) -> list[Block]:
    """Return the content of tables that only arrange a page, in place of the tables.

    A table of one column, or one with a cell that holds most of its text in
    several paragraphs, arranges; every other table is content.
    """
    opened: list[Block] = []
    for block in blocks:
        if isinstance(block, Table) and _arranges(block):
            cells = (cell for row in block.rows for cell in row.cells)
            opened.extend(open_layout_tables([inner for cell in cells for inner in cell.blocks]))
        else:
            opened.append(block)
    return opened


def _arranges(table: Table) -> bool:
    cells = [cell for row in table.rows for cell in row.cells]
    if any(cell.is_header for cell in cells):
        return False
    if len(cells) == len(table.rows):
        return True
    sizes = [sum(len(block.text) for block in text_blocks(cell.blocks)) for cell in cells]
    largest = max(range(len(cells)), key=sizes.__getitem__)
    is_article = sizes[largest] >= MIN_ARTICLE_CHARS and len(cells[largest].blocks) >= MIN_ARTICLE_BLOCKS
    return is_article and sizes[largest] >= sum(sizes) * MAIN_CELL_SHARE


def _read_tags(draft: Draft, head: LexborHTMLParser) -> None:
    for node in head.css(_META):
        key = (node.attributes.get("name") or node.attributes.get("property") or "").strip().lower()
        content = " ".join((node.attributes.get("content") or "").split())
        field = META_FIELDS.get(key, "")
        if content and field == "title":
            draft.set_title(tidy_title(content))
        elif content and field and (field == "keywords" or is_plausible(field, content)):
            keep(draft, field, content)
    title = head.css_first("title")
    if title is not None:
        draft.tags["title"] = " ".join(_text(title).split())


def _text(node: LexborNode) -> str:
    return " ".join(block.text for block in text_blocks(read_node(node))) or " ".join(
        (node.text() or "").split()
    )


def _strip_furniture(body: LexborNode) -> None:
    for node in body.css(_FURNITURE_TAGS):
        if node.tag != "form" or len(node.text() or "") < MIN_ARTICLE_CHARS:
            node.decompose()
    for node in body.css("[class], [id]"):
        label = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
        if _FURNITURE_NAME.search(label) and not _holds_article(node, body):
            node.decompose()


def _holds_article(node: LexborNode, body: LexborNode) -> bool:
    size = len(node.text() or "")
    return size >= MIN_ARTICLE_CHARS and size >= len(body.text() or "") * MIN_ARTICLE_SHARE


def _is_ours(image: LexborNode) -> bool:
    return bool(safe_image_source(image.attributes.get("src")))


def _article(body: LexborNode) -> LexborNode | None:
    for selector in ARTICLE_SELECTORS:
        node = body.css_first(selector)
        if node is not None and _holds_article(node, body):
            return node
    return None
