"""What a title looks like, and where an issuing body shows in one."""

import re

TITLE_NOUNS = (
    "通知|意见|决定|公告|通告|通报|报告|请示|批复|函|纪要|命令|令|议案|公报|决议|条例|规定|办法|细则|规则|方案|规划|计划|"
    "要点|指引|指南|章程|准则|标准|目录|预案|制度|措施|解释|答复|宪法|法|规范|清单|公约|协定|修正案|解读|说明"
)
OFFICIAL_GENRES = "决议|决定|命令|公报|公告|通告|意见|通知|通报|报告|请示|批复|议案|函|纪要"
RULE_GENRES = "条例|规定|办法|细则|规则|方案|规划|解释"
STATE = "中华人民共和国"
MAX_TITLE_CHARS = 200
MAX_TITLE_LINES = 4  # lines a long title is broken into

_ABOUT = re.compile(rf".{{0,60}}关于.{{2,150}}(?:{TITLE_NOUNS})(?:[(（][^()（）]{{1,30}}[)）])?")
_NAMED = re.compile(
    rf"《?[^。；;：:，,|]{{2,60}}(?:{TITLE_NOUNS})》?(?:[(（][^()（）]{{1,30}}[)）])?(?:的(?:{TITLE_NOUNS}))?"
)
_GENRE = re.compile(rf"({OFFICIAL_GENRES}|{RULE_GENRES})(?:[(（][^()（）]{{1,30}}[)）])?》?$")
_ISSUER = re.compile(r"([\u4e00-\u9fff、 ]{2,60}?)(?:关于|印发)")
_FORWARDED = re.compile(r"(?:印发|转发|发布|公布)(?:《([^》]{2,80})》|([^《》]{2,80}))的(?:通知|公告|决定)$")
_GAP = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f]|\d)|(?<=\d)\s+(?=[^\x00-\x7f])")
_SITE_SUFFIX = re.compile(r"\s*[-_|—–]+\s*[^-_|—–]{2,40}$")
_BODY_ENDINGS = (
    "政府|办公厅|办公室|委员会|常委会|局|厅|部|院|署|委|办|会|处|中心|公司|司|组|行|银行|总队|支队|大队|站|所|集团|学校|大学|"
    "社|区|党组"
)
_ORGANIZATION = re.compile(rf"[\u4e00-\u9fff()（）·、]{{0,60}}(?:{_BODY_ENDINGS})")


def compact(text: str) -> str:
    """Return text without white space, to compare titles broken over lines."""
    return "".join(text.split())


def tidy_title(text: str) -> str:
    """Return a title without the gaps that line breaks left between characters."""
    return _GAP.sub("", " ".join(text.split())).strip("　 ")


def is_document_title(text: str) -> bool:
    """Tell whether a line is surely the title of an official document."""
    return len(text) <= MAX_TITLE_CHARS and _ABOUT.fullmatch(text) is not None


def is_named_document(text: str) -> bool:
    """Tell whether a line could be the name of a regulation, plan or notice."""
    return _NAMED.fullmatch(text) is not None


def genre_of(title: str) -> str:
    """Return the genre a title ends with, such as 通知 or 办法, or ""."""
    match = _GENRE.search(title)
    return match[1] if match else ""


def issuer_of(title: str) -> str:
    """Return the body named at the start of a title, or ""."""
    match = _ISSUER.match(title)
    name = without_state(match[1].strip()) if match else ""
    return name if is_organization(name) else ""


def forwarded_name(title: str) -> str:
    """Return the name of the document that a covering notice passes on, or ""."""
    match = _FORWARDED.search(title)
    return (match[1] or match[2]) if match else ""


def is_organization(text: str) -> bool:
    """Tell whether a line is the name of a body, or of several side by side."""
    names = text.split()
    return 0 < len(names) <= 6 and len(text) <= 80 and all(_ORGANIZATION.fullmatch(name) for name in names)


def without_state(name: str) -> str:
    """Return the names of bodies without the state's own, which every central body could carry."""
    return "、".join(part.removeprefix(STATE) or part for part in name.split("、"))


def is_site_name(text: str) -> bool:
    """Tell whether the title of a page only names the site."""
    return text.endswith(("网站", "门户", "信息网", "政府网", "首页")) or is_organization(text)


def page_title(text: str) -> str:
    """Return the title of a web page without the name of the site behind it."""
    return _SITE_SUFFIX.sub("", tidy_title(text)) or tidy_title(text)
