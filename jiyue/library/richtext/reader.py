"""From HTML, however broken, to rich-text blocks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from jiyue.library.richtext.addresses import safe_image_source, safe_link
from jiyue.library.richtext.guard import tame
from jiyue.library.richtext.inline import clean_characters, join_lines, split_paragraphs, unwrap_lines
from jiyue.library.richtext.model import (
    LINE_BREAK,
    PLAIN,
    Block,
    Figure,
    Image,
    Inline,
    Item,
    Listing,
    Marks,
    Quote,
    Rule,
    Run,
    Table,
    TextBlock,
    as_lines,
    tag_names,
)
from jiyue.library.richtext.styles import (
    alignment,
    block_classes,
    is_hidden,
    parse_style,
    styled_marks,
    width_class,
)
from jiyue.library.richtext.tables import read_table
from jiyue.library.richtext.wordlists import (
    add_entry,
    has_bullet,
    is_list_label,
    label_text,
    list_level,
    outline_level,
)

MAX_IMAGE_SIDE = 20_000  # pixels

DROPPED = tag_names(
    "script style template iframe object embed applet select textarea input button option datalist svg "
    "math audio video canvas map title xml head noscript noframes noembed progress meter dialog"
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
TEXT_BLOCKS = tag_names(
    "p div section article main header footer aside nav address center details summary fieldset legend "
    "form dl dt dd pre hgroup menu search dir li tr td th caption figcaption listing"
)


@dataclass(slots=True)
class _Context:
    """What an element inherits from those around it."""

    marks: Marks = PLAIN
    alignment: str = ""
    classes: tuple[str, ...] = ()
    level: int = 0


@dataclass(slots=True)
class Container:
    """Blocks collected for one place that may hold blocks, and the text not yet in one."""

    blocks: list[Block] = field(default_factory=list)
    pending: list[Inline] = field(default_factory=list)
    typed_list: Listing | None = None  # made of list paragraphs, and still growing

    def flush(self, context: _Context) -> None:
        """Turn the text collected so far into paragraphs or a heading."""
        if not self.pending:
            return
        if context.level:
            content = join_lines(self.pending)
            if content:
                self.blocks.append(TextBlock(content, context.level, context.classes))
        else:
            for paragraph in split_paragraphs(self.pending):
                self.blocks.append(TextBlock(paragraph, 0, context.classes))
        self.pending = []


def read_html(html: str) -> list[Block]:
    """Return the blocks of any HTML fragment or page.

    Raises:
        RichTextTooLarge: The text is longer than the guard allows.
    """
    body = LexborHTMLParser(tame(clean_characters(html))).body
    return read_node(body) if body is not None else []


def read_node(node: LexborNode) -> list[Block]:
    """Return the blocks inside an element of an already parsed page."""
    container = Container()
    context = _Context()
    _walk(node, container, context)
    container.flush(context)
    return container.blocks


def _walk(parent: LexborNode, into: Container, context: _Context) -> None:
    for node in parent.iter(include_text=True):
        tag = node.tag
        if tag == "-text":
            into.pending.append(Run(unwrap_lines(node.text_content or ""), context.marks))
        elif tag in DROPPED or tag is None:
            continue
        else:
            _read_element(node, tag, into, context)


def _read_element(node: LexborNode, tag: str, into: Container, context: _Context) -> None:
    attributes = node.attributes
    style = parse_style(attributes)
    if is_hidden(style) or _read_list_part(node, style, into, context):
        return
    special = _SPECIAL.get(tag)
    if special is not None:
        special(node, into, context)
    elif tag in HEADINGS or tag in TEXT_BLOCKS:
        into.flush(context)
        stated = alignment(attributes, style)
        inner = _Context(
            marks=_element_marks(node, tag, styled_marks(context.marks, style)),
            alignment=context.alignment if stated is None else stated,
            classes=block_classes(attributes, style, context.alignment),
            level=HEADINGS.get(tag) or outline_level(style) or context.level,
        )
        if tag == "center":
            inner.alignment, inner.classes = "align-center", ("align-center",)
        _walk(node, into, inner)
        into.flush(inner)
    else:
        marks = _element_marks(node, tag, styled_marks(context.marks, style))
        _walk(node, into, _Context(marks, context.alignment, context.classes, context.level))


def _read_list_part(node: LexborNode, style: Mapping[str, str], into: Container, context: _Context) -> bool:
    """Read the label of a list paragraph, or a paragraph with a bullet; False for anything else."""
    if "mso-list" not in style:
        return False
    if is_list_label(style):
        into.pending.append(Run(label_text(node), context.marks))
        return True
    level = list_level(style)
    if not level or not has_bullet(node):
        return False
    into.flush(context)
    blocks = _cell_blocks(node, context.marks, "")
    if not blocks:
        return True
    listing = into.typed_list
    if listing is None or not into.blocks or into.blocks[-1] is not listing:
        listing = into.typed_list = Listing([])
        into.blocks.append(listing)
    add_entry(listing, level, blocks)
    return True


def _element_marks(node: LexborNode, tag: str, marks: Marks) -> Marks:
    if tag in {"strong", "b"}:
        weight = parse_style(node.attributes).get("font-weight", "")
        return marks if weight in {"normal", "400"} else marks._replace(is_strong=True)
    if tag in {"em", "i"}:
        return marks._replace(is_emphasized=True)
    if tag == "sub":
        return marks._replace(script="sub")
    if tag == "sup":
        return marks._replace(script="sup")
    if tag == "dt":
        return marks._replace(is_strong=True)
    if tag == "a":
        return marks._replace(link=safe_link(node.attributes.get("href")))
    return marks


def _read_break(_node: LexborNode, into: Container, _context: _Context) -> None:
    into.pending.append(Run(LINE_BREAK))


def _read_rule(_node: LexborNode, into: Container, context: _Context) -> None:
    into.flush(context)
    into.blocks.append(Rule())


def _read_image(node: LexborNode, into: Container, context: _Context) -> None:
    attributes = node.attributes
    source = safe_image_source(attributes.get("src"))
    if not source:
        return
    width = width_class(attributes, parse_style(attributes))
    into.pending.append(
        Image(
            source=source,
            alternative=" ".join((attributes.get("alt") or "").split()),
            width=_pixels(attributes.get("width")),
            height=_pixels(attributes.get("height")),
            classes=(width,) if width else (),
            marks=Marks(link=context.marks.link),
        )
    )


def _pixels(text: str | None) -> int:
    value = (text or "").strip().removesuffix("px")
    return (
        int(value)
        if value.isascii() and value.isdecimal() and len(value) < 6 and int(value) <= MAX_IMAGE_SIDE
        else 0
    )


def _read_list(node: LexborNode, into: Container, context: _Context) -> None:
    into.flush(context)
    items = [Item(blocks) for blocks in _list_items(node, context) if blocks]
    if items:
        start = (node.attributes.get("start") or "").strip()
        number = int(start) if start.isascii() and start.isdecimal() and len(start) < 6 else 1
        is_ordered = node.tag == "ol"
        into.blocks.append(Listing(items, is_ordered=is_ordered, start=number if is_ordered else 1))


def _list_items(node: LexborNode, context: _Context) -> Iterable[list[Block]]:
    """Yield the blocks of each entry; what stands outside entries joins the one before."""
    outer = _Context(marks=context.marks)
    collected: list[list[Block]] = []
    for child in node.iter(include_text=True):
        container = Container()
        if child.tag == "li":
            _walk(child, container, outer)
            container.flush(outer)
            collected.append(container.blocks)
            continue
        if child.tag == "-text":
            container.pending.append(Run(unwrap_lines(child.text_content or ""), context.marks))
        elif child.tag not in DROPPED and child.tag is not None:
            _read_element(child, child.tag, container, outer)
        container.flush(outer)
        if collected and container.blocks:
            collected[-1].extend(container.blocks)
        elif container.blocks:
            collected.append(container.blocks)
    return collected


def _read_table(node: LexborNode, into: Container, context: _Context) -> None:
    into.flush(context)
    table = read_table(node, lambda cell, aligned: _cell_blocks(cell, context.marks, aligned))
    if isinstance(table, Table):
        into.blocks.append(table)
    else:
        into.blocks.extend(table)


def _cell_blocks(node: LexborNode, marks: Marks, aligned: str) -> list[Block]:
    container = Container()
    inner = _Context(marks=marks, alignment=aligned, classes=(aligned,) if aligned else ())
    _walk(node, container, inner)
    container.flush(inner)
    return container.blocks


def _read_quote(node: LexborNode, into: Container, context: _Context) -> None:
    into.flush(context)
    blocks = _cell_blocks(node, context.marks, context.alignment)
    if blocks:
        into.blocks.append(Quote(blocks))


def _read_figure(node: LexborNode, into: Container, context: _Context) -> None:
    into.flush(context)
    legend: list[Inline] = []
    container = Container()
    inner = _Context(marks=context.marks)
    for child in node.iter(include_text=True):
        if child.tag == "figcaption":
            legend = legend or as_lines(_cell_blocks(child, context.marks, ""))
        elif child.tag == "-text":
            container.pending.append(Run(unwrap_lines(child.text_content or ""), context.marks))
        elif child.tag not in DROPPED and child.tag is not None:
            _read_element(child, child.tag, container, inner)
    container.flush(inner)
    if container.blocks:
        into.blocks.append(Figure(container.blocks, legend))
    elif legend:
        into.blocks.append(TextBlock(legend))


_Reader = Callable[[LexborNode, Container, _Context], None]
_SPECIAL: dict[str, _Reader] = {
    "br": _read_break,
    "hr": _read_rule,
    "img": _read_image,
    "ul": _read_list,
    "ol": _read_list,
    "table": _read_table,
    "blockquote": _read_quote,
    "figure": _read_figure,
}
