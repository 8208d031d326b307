"""Heading levels without gaps, below the page's own title."""

from collections.abc import Iterable

from jiyue.library.richtext.inline import normalize
from jiyue.library.richtext.model import Block, Run, text_blocks
from jiyue.library.richtext.writer import LOWEST_LEVEL, TOP_LEVEL


def level_headings(blocks: Iterable[Block]) -> None:
    """Renumber headings in place: the first is an h2, none skips a level, none is bold twice."""
    open_levels: list[int] = []
    for block in text_blocks(blocks):
        if not block.level:
            continue
        while open_levels and open_levels[-1] >= block.level:
            open_levels.pop()
        open_levels.append(block.level)
        block.level = min(TOP_LEVEL + len(open_levels) - 1, LOWEST_LEVEL)
        block.content = normalize(
            Run(item.text, item.marks._replace(is_strong=False)) if isinstance(item, Run) else item
            for item in block.content
        )
