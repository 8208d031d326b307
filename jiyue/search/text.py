"""Text as the index sees it: folded, cut into units, paired, segmented.

A *unit* is one Chinese character (or kana), one Latin or other word, or one
separator standing for any run of punctuation. Documents and queries go through
the same functions; a phrase of unit pairs therefore finds every run of
characters that a document contains, whatever a dictionary says about words.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import chain, islice
from operator import add

import rjieba

SEPARATOR = "·"  # folds to itself; stands for punctuation and line ends
WORD_PREFIX = "_"  # folds to SEPARATOR, so it cannot occur in folded text
MIN_NUMBER_KEY_CHARS = 4

_HAN = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_INDEX_NUMBER = re.compile(f"\\d{{6,}}[\\d{SEPARATOR}]*")
_RUN = re.compile(f"([{_HAN}]+)|([^{_HAN} {SEPARATOR}]{{1,40}})|{SEPARATOR}[ {SEPARATOR}]*")
WORD_CHARACTER = f"[^{_HAN} {SEPARATOR}]"  # of folded text, as a regular expression
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_DOCUMENT_NUMBER = re.compile(f"([{_HAN}]{{2,}})·?(\\d{{4}})·?年?·?第?0*(\\d{{1,6}})号?")


def _is_ignorable(character: str) -> bool:
    """Zero-width characters, controls, lone surrogates, variation selectors."""
    return (
        unicodedata.category(character) in ("Cf", "Cc", "Cs")
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _fold_piece(character: str) -> str:
    if character in _LINE_ENDS:
        return SEPARATOR
    if character.isspace():
        return " "
    if _is_ignorable(character):
        return ""
    return character if unicodedata.category(character)[0] in "LNM" else SEPARATOR


class _FoldTable(dict[int, str]):
    """Code point to its folded text, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        pieces = character if character.isspace() else unicodedata.normalize("NFKC", character).casefold()
        folded = "".join(map(_fold_piece, pieces))
        if folded and not folded.strip(SEPARATOR):
            folded = SEPARATOR  # "……" stays one position wide
        self[code] = folded
        return folded


class _PlainTable(dict[int, str]):
    """Code point to text in which every character folds to exactly one."""

    def __missing__(self, code: int) -> str:
        folded = _FOLD[code]
        plain = chr(code)
        if len(folded) != 1:
            plain = unicodedata.normalize("NFKC", plain)
            if any(len(_FOLD[ord(piece)]) != 1 for piece in plain):
                plain = folded
        self[code] = plain
        return plain


_FOLD = _FoldTable()
_PLAIN = _PlainTable()


def plain(text: str) -> str:
    """Return readable text in which position n folds to position n.

    Zero-width characters and controls disappear, ligatures such as ㎡ are
    written out; everything else stays as it was.
    """
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def fold_plain(text: str) -> str:
    """Fold `plain` text without moving any position."""
    return text.translate(_FOLD)


def fold(text: str) -> str:
    """Return half-width, lower-case text with punctuation as `SEPARATOR`."""
    return fold_plain(plain(text))


def units(folded: str) -> list[str]:
    """Cut folded text into units; spaces between them disappear.

    Words carry `WORD_PREFIX`, so that pairs of units cannot be confused.
    """
    sequence: list[str] = []
    for run in _RUN.finditer(folded):
        if run.lastindex == 1:
            sequence.extend(run[1])
        else:
            sequence.append(WORD_PREFIX + run[2] if run.lastindex else SEPARATOR)
    return sequence


def pairs(sequence: list[str]) -> list[str]:
    """Return each unit joined with its successor."""
    return list(map(add, sequence, islice(sequence, 1, None)))


def words(folded: str) -> list[str]:
    """Segment folded text by dictionary, for ranking; separators disappear."""
    return [word for word in _segmented(folded) if word.strip(SEPARATOR)]


def index_words(folded: str) -> list[str]:
    """Segment a document's text; longer words also count for what they begin or end with.

    集约化 counts for 集约 and 人民政府 for 人民 and 政府, but not for 民政, which
    only lies across its parts.
    """
    return list(chain.from_iterable(map(_word_and_parts, _segmented(folded))))


def _segmented(folded: str) -> list[str]:
    cut: list[str] = rjieba.cut(folded.replace(" ", SEPARATOR), hmm=False)
    return cut


@lru_cache(maxsize=65_536)
def _word_and_parts(word: str) -> tuple[str, ...]:
    if not word.strip(SEPARATOR):
        return ()
    if len(word) < 3 or not is_han(word[0]):
        return (word,)
    cuts = range(2, len(word))
    parts = {word[:cut] for cut in cuts} | {word[-cut:] for cut in cuts}
    return (word, *sorted(part for part in parts if rjieba.has_word(part)))


def is_han(unit: str) -> bool:
    """Tell a Chinese character (or kana) from a word and a separator."""
    return _HAN_CHARACTER.match(unit) is not None


def is_whole_number(text: str) -> bool:
    """Tell whether the text is a document or index number and nothing else."""
    compact = _compact(text)
    return bool(_DOCUMENT_NUMBER.fullmatch(compact) or _INDEX_NUMBER.fullmatch(compact))


@lru_cache(maxsize=1024)
def number_key(text: str) -> str:
    """Return the one spelling of a document or index number; "" if it is none.

    `通政办发〔2019〕89号`, `通政办发[2019]89号`, `通政办发（２０１９）第089号` and
    `通政办发 2019 89` have one key; `014207264/2019-07409` is found without its
    punctuation as well.
    """
    compact = _compact(text)
    if match := _DOCUMENT_NUMBER.fullmatch(compact):
        return f"{match[1]}{match[2]}-{match[3]}"
    key = re.sub(r"第(?=\d)", "", compact.replace(SEPARATOR, "")).removesuffix("号")
    return key if len(key) >= MIN_NUMBER_KEY_CHARS and any(map(str.isdigit, key)) else ""


def _compact(text: str) -> str:
    return re.sub(f"{SEPARATOR}+", SEPARATOR, fold(text).replace(" ", "")).strip(SEPARATOR)


def title_key(text: str) -> str:
    """Return a title without spaces, punctuation and case."""
    return fold(text).replace(" ", "").replace(SEPARATOR, "")
