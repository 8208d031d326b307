"""The end of a page: share tools, related articles, comment forms, copyright lines."""

import re

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jiyue.library.importing.draft import Draft
from jiyue.library.richtext.model import Block, TextBlock

MAX_TAIL_BLOCKS = 60  # blocks looked at from the end
MIN_BODY_CHARS = 80  # characters; a paragraph this long is body text, not furniture
MAX_FURNITURE_CHARS = 60

_FURNITURE = re.compile(
    r"扫一扫|扫码(?:关注|查看|阅读|分享)|^.{0,8}二维码$|打\s?印\s?[】\]|]|[【\[]\s?打\s?印|关闭\s?(?:窗口|本页)|【\s?置顶|返回顶部|"
    r"^(?:我要)?分享(?:到|$|[:：])|收藏本页|^上一(?:篇|条)\s?[:：]|^下一(?:篇|条)\s?[:：]|"
    r"^相关(?:文章|链接|新闻|信息|稿件|文档|阅读|附件|推荐|解读)\s?[:：]?$|^(?:主办|承办)单位\s?[:：]|版权所有|"
    r"^技术支持\s?[:：]|网站标识码|ICP备\s?\d|公网安备\s?\d|Powered by|^Copyright|©|^网名\s?[:：]|^验证码|"
    r"^评论内容|网站提醒您|^(?:联系我们|网站地图|网站声明|关于我们|【?纠错】?|我要纠错)$|^(?:浏览次数|访问量|责任编辑)\s?[:：]"
)
_SENTENCE_END = ("。", "；", ";")
_LEFTOVER = re.compile(r"[xX×】【\[\]|>＞»\s]{1,4}|打印|关闭|分享|收藏|顶部|编辑[:：].{0,12}")
_FILE_NAME = re.compile(
    r"(?:附件[\d一二三四五六七八九十]*[:：.]?\s?)?(\S.{0,100}\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|jpe?g|png))",
    re.IGNORECASE,
)


def strip_tail(draft: Draft) -> None:
    """Drop the furniture after the last paragraph of the document."""
    blocks = draft.blocks
    first = _first_possible(blocks)
    for index in range(first, len(blocks)):
        text = _text(blocks[index])
        if text is not None and _is_furniture(text):
            del blocks[index:]
            break
    while blocks and (text := _text(blocks[-1])) is not None and _is_leftover(draft, text):
        blocks.pop()


def _is_furniture(text: str) -> bool:
    if len(text) > MAX_FURNITURE_CHARS or text.endswith(_SENTENCE_END):
        return False
    return _FURNITURE.search(text) is not None


def _first_possible(blocks: list[Block]) -> int:
    """Return the position behind the last block that is surely body."""
    last = max(len(blocks) - MAX_TAIL_BLOCKS, 0)
    for index in range(len(blocks) - 1, last - 1, -1):
        text = _text(blocks[index])
        if text is not None and len(text) >= MIN_BODY_CHARS:
            return index + 1
    return last


def _text(block: Block) -> str | None:
    return block.text.strip() if isinstance(block, TextBlock) else None


def _is_leftover(draft: Draft, text: str) -> bool:
    """Tell whether a last line is a scrap of the page; an attachment's name is reported."""
    match = _FILE_NAME.fullmatch(text)
    if match:
        draft.note(
            "attachment_named",
            format_lazy(_("The page links the file “{name}”; it was not part of the import."), name=match[1]),
        )
        return True
    return not text or _LEFTOVER.fullmatch(text) is not None
