"""Metadata that a page states beside a label: 索引号, 发布机构, 成文日期 and the like."""

import re
from collections.abc import Iterator

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jiyue.library.importing.dates import find_dates
from jiyue.library.importing.draft import TITLE, Draft

MAX_VALUE_CHARS = 120  # characters; longer text beside a label is not metadata
MAX_CATEGORY_CHARS = 40
IGNORED = ""  # labels that say nothing the library keeps

LABELS = {
    "索引号": "index_number",
    "信息索引号": "index_number",
    "公开索引号": "index_number",
    "索取号": "index_number",
    "文号": "document_number",
    "发文字号": "document_number",
    "发文文号": "document_number",
    "公文文号": "document_number",
    "文件编号": "document_number",
    "文件字号": "document_number",
    "发布机构": "issuing_body",
    "发文机关": "issuing_body",
    "发文机构": "issuing_body",
    "发文单位": "issuing_body",
    "发布单位": "issuing_body",
    "发布部门": "issuing_body",
    "制发机关": "issuing_body",
    "制定机关": "issuing_body",
    "公开机构": "issuing_body",
    "成文日期": "written_on",
    "成文时间": "written_on",
    "发文日期": "written_on",
    "发文时间": "written_on",
    "签发日期": "written_on",
    "生成日期": "written_on",
    "生成时间": "written_on",
    "发布日期": "originally_published_on",
    "发布时间": "originally_published_on",
    "公开日期": "originally_published_on",
    "公开时间": "originally_published_on",
    "公布日期": "originally_published_on",
    "时间": "originally_published_on",
    "日期": "originally_published_on",
    "有效性": "validity_status",
    "效力状态": "validity_status",
    "时效性": "validity_status",
    "时效状态": "validity_status",
    "是否有效": "validity_status",
    "来源": "source",
    "信息来源": "source",
    "文章来源": "source",
    "稿件来源": "source",
    "内容来源": "source",
    "作者": "author",
    "主题分类": "subject_category",
    "主题类别": "subject_category",
    "信息分类": "subject_category",
    "分类": "subject_category",
    "体裁分类": "genre_category",
    "体裁": "genre_category",
    "公文种类": "genre_category",
    "文种": "genre_category",
    "服务对象": "audience",
    "关键词": "keywords",
    "关键字": "keywords",
    "主题词": "keywords",
    "名称": TITLE,
    "标题": TITLE,
    "文件名称": TITLE,
    "信息名称": TITLE,
    "公文名称": TITLE,
    "累计次数": IGNORED,
    "浏览次数": IGNORED,
    "阅读次数": IGNORED,
    "阅读量": IGNORED,
    "浏览量": IGNORED,
    "访问量": IGNORED,
    "点击数": IGNORED,
    "点击率": IGNORED,
    "点击次数": IGNORED,
    "字体": IGNORED,
    "字号": IGNORED,
    "责任编辑": IGNORED,
    "编辑": IGNORED,
    "打印": IGNORED,
    "分享": IGNORED,
    "公开方式": IGNORED,
    "公开时限": IGNORED,
    "公开程序": IGNORED,
    "公开范围": IGNORED,
    "公开属性": IGNORED,
    "公开类别": IGNORED,
    "内容概述": IGNORED,
    "生效日期": IGNORED,
    "实施日期": IGNORED,
    "施行日期": IGNORED,
    "失效日期": IGNORED,
    "废止日期": IGNORED,
    "信息格式": IGNORED,
}
PAGE_LABELS = frozenset(
    [
        "来源",
        "信息来源",
        "文章来源",
        "稿件来源",
        "发布时间",
        "发布日期",
        "时间",
        "日期",
        "浏览次数",
        "阅读次数",
        "字体",
        "作者",
    ]
)

_VALIDITY = (
    (re.compile(r"废止|作废|无效"), "repealed"),
    (re.compile(r"失效|过期"), "lapsed"),
    (re.compile(r"修改|修订|修正"), "amended"),
    (re.compile(r"有效|施行中|是"), "valid"),
)


def _spaced(label: str) -> str:
    return r"\s?".join(label)


_LONG = "|".join(_spaced(label) for label in sorted(LABELS, key=len, reverse=True) if len(label) > 3)
_SHORT = "|".join(_spaced(label) for label in sorted(LABELS, key=len, reverse=True) if len(label) <= 3)
_LABELLED = re.compile(rf"(?:({_LONG})|(?<![\u4e00-\u9fff])({_SHORT}))\s?[:：]")
_LABEL_ALONE = re.compile(rf"[-•·*【\[]?\s?({_LONG}|{_SHORT})[】\]]?\s?[:：]?")
_LABEL_FIRST = re.compile(rf"[-•·*【\[]?\s?(?:{_LONG}|{_SHORT})[】\]]?\s?[:：]")
_EDGES = " \t|【】[]-—_丨｜"
_INDEX_NUMBER = re.compile(r"[A-Za-z0-9][\w/\-.()（）—〔〕 ]{3,60}")
_NUMBER_PARTS = re.compile(r"[、,，;；\s]+")


def label_alone(line: str) -> str | None:
    """Return the field a line names without giving a value; None when it is no label."""
    match = _LABEL_ALONE.fullmatch(line) if len(line) < 16 else None
    return LABELS[re.sub(r"\s", "", match[1])] if match else None


def is_label_alone(line: str) -> bool:
    """Tell whether a line is a label without a value, of a kept or an ignored field."""
    return label_alone(line) is not None


def starts_with_label(line: str) -> bool:
    """Tell whether a line begins with a label and a colon."""
    return _LABEL_FIRST.match(line) is not None


def labelled_values(line: str) -> Iterator[tuple[str, str, str]]:
    """Yield label, field and value of every labelled statement in a line."""
    matches = list(_LABELLED.finditer(line))
    for index, match in enumerate(matches):
        end = matches[index + 1].start() if index + 1 < len(matches) else len(line)
        label = re.sub(r"\s", "", match[1] or match[2])
        yield label, LABELS[label], line[match.end() : end].strip(_EDGES)


def text_before_labels(line: str) -> str:
    """Return what stands in a line before its first label."""
    match = _LABELLED.search(line)
    return line[: match.start()].strip(_EDGES) if match else line


def keep(draft: Draft, name: str, value: str) -> bool:
    """Put a stated value into its field; False when it can't be that field's value."""
    if not value or len(value) > MAX_VALUE_CHARS:
        return False
    if name in {"written_on", "originally_published_on"}:
        return _keep_date(draft, name, value)
    reader = _READERS.get(name, _keep_text)
    return reader(draft, name, value)


def is_plausible(name: str, value: str) -> bool:
    """Tell whether the line after a bare label can be its value."""
    if is_label_alone(value) or starts_with_label(value):
        return False
    if name in {"written_on", "originally_published_on"}:
        return bool(find_dates(value)) and len(value) < 30
    if name == "index_number":
        return _INDEX_NUMBER.fullmatch(value) is not None
    return len(value) <= MAX_CATEGORY_CHARS and "关于" not in value and not value.endswith(("。", "：", ":"))


def note_impossible_date(draft: Draft, text: str) -> None:
    """Report a date that no calendar has; it is never replaced by another."""
    draft.note(
        "impossible_date",
        format_lazy(_("The date “{text}” does not exist; it was left out of the metadata."), text=text),
    )


def _keep_date(draft: Draft, name: str, value: str) -> bool:
    dates = find_dates(value)
    if not dates:
        return False
    if dates[0].day is None:
        note_impossible_date(draft, dates[0].text)
    else:
        draft.find(name, dates[0].day)
    return True


def _keep_text(draft: Draft, name: str, value: str) -> bool:
    draft.find(name, value)
    return True


def _keep_title(draft: Draft, _name: str, value: str) -> bool:
    draft.set_title(value)
    return True


def _keep_index_number(draft: Draft, name: str, value: str) -> bool:
    match = _INDEX_NUMBER.match(value)
    if match:
        draft.find(name, match[0].strip())
    return match is not None


def _keep_subject(draft: Draft, name: str, value: str) -> bool:
    """Keep a category path; what stands apart behind it is the genre."""
    subject, _space, genre = value.partition(" ")
    if genre and ("\\" in subject or "/" in subject):
        draft.find("genre_category", genre.strip())
        value = subject
    draft.find(name, value)
    return True


def _keep_validity(draft: Draft, name: str, value: str) -> bool:
    status = next((status for pattern, status in _VALIDITY if pattern.search(value)), "")
    if value.startswith("否"):
        status = "lapsed"
    draft.find(name, status)
    return bool(status)


def _keep_keywords(draft: Draft, name: str, value: str) -> bool:
    draft.find(name, tuple(dict.fromkeys(part for part in _NUMBER_PARTS.split(value) if part)))
    return True


_READERS = {
    TITLE: _keep_title,
    "index_number": _keep_index_number,
    "subject_category": _keep_subject,
    "validity_status": _keep_validity,
    "keywords": _keep_keywords,
}
