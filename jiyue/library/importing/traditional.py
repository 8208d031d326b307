"""Traditional characters with pinyin noise become clean simplified text."""

import re
import unicodedata
from functools import cache

import opencc

MIN_SHARE = 0.03  # of all Chinese characters; names in simplified texts stay far below
MIN_PINYIN = 3  # readings in brackets; fewer may explain a rare character
SAMPLE_CHARACTERS = 3_000  # characters looked at to judge a text

_COMMON = re.compile(
    "[國務發開會應與對關規個爲為學過進這說時間門業產產來東車長電馬讓買賣實體點無當區縣鄉鎮黨團員於後從經濟動"
    "辦廳機構標準環資質監責際條單據網絡統級維護設備組織負領導報審議執處總額權]"
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_TONES = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹ"
_TONE = re.compile(f"[{_TONES}]")
_PINYIN = re.compile(rf"(?<=[\u4e00-\u9fff])[(（](?=[a-zA-Z]{{0,6}}[{_TONES}])[a-zA-Zü{_TONES}]{{1,7}}[)）]")
_COMPATIBILITY = re.compile(r"[\u2e80-\u2fdf\uf900-\ufaff]")


def is_traditional(text: str) -> bool:
    """Tell whether a text is written in traditional characters."""
    sample = text[:SAMPLE_CHARACTERS]
    hits = len(_COMMON.findall(sample))
    return hits > 0 and hits >= len(_CHINESE.findall(sample)) * MIN_SHARE


def has_pinyin_noise(text: str) -> bool:
    """Tell whether readings in brackets were mixed into a text by a machine."""
    sample = text[:SAMPLE_CHARACTERS]
    return _TONE.search(sample) is not None and len(_PINYIN.findall(sample)) >= MIN_PINYIN


def without_pinyin(text: str) -> str:
    """Remove readings such as `(fā)` after a character."""
    return _PINYIN.sub("", text)


def simplify(text: str) -> str:
    """Return text in simplified characters."""
    plain = _COMPATIBILITY.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    converted: str = _converter().convert(plain)
    return converted


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
