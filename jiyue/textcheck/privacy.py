"""Personal data in texts (REV-18): numbers that name people, and what stands around them."""

import re
import tomllib
from collections.abc import Generator, Iterator
from functools import cache, lru_cache
from typing import Any

from jiyue.core import clock
from jiyue.textcheck.checkdigits import has_identity_form, is_credit_code, is_identity_number, is_luhn
from jiyue.textcheck.fields import Field
from jiyue.textcheck.findings import Hit, Severity
from jiyue.textcheck.masking import mask_card, mask_identity, mask_middle, mask_mobile
from jiyue.textcheck.numbers import Number, Run, find_runs
from jiyue.textcheck.numerals import to_digits
from jiyue.textcheck.wording import explain
from jiyue.textcheck.words import DATA

CLAUSE = "GL 二(二)2; NB 15; CQ (三)"
_NEAR = 24  # characters before a number in which the words that explain it are looked for
_CLAUSE_END = re.compile(r"[，。；、\n]")
_NOT_DIGIT = re.compile(r"\D")
_MOBILE_GROUPS = {(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 3, 4), (5, 6), (4, 4, 3)}
_COUNTRY_CODE = "86"
_IDENTITY_CHARS, _OLD_IDENTITY_CHARS, _MOBILE_DIGITS = 18, 15, 11


@cache
def privacy_words() -> dict[str, Any]:
    """What private data looks like and what stands around it."""
    with (DATA / "privacy.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _provinces() -> frozenset[str]:
    return frozenset(privacy_words()["provinces"])


@cache
def privacy_pattern(name: str) -> re.Pattern[str]:
    """One pattern of the data file."""
    return re.compile(privacy_words()[name])


def is_named_before(text: str, start: int, words: str, *, near: int = _NEAR) -> bool:
    """Tell whether one of the words stands shortly before a place."""
    before = text[max(0, start - near) : start]
    return any(word in before for word in privacy_words()[words])


def check_numbers(field: Field) -> Iterator[Hit]:
    """Identity numbers, mobile numbers, bank cards; digits in any script, broken or not.

    Source: GL 二(二)2; NB 15; CQ (三) (REV-18).
    """
    allowed = allowed_digits(field)
    for run in find_runs(field.text):
        at = 0
        while at < run.count:
            at = yield from _numbers_at(field, run, at, allowed)
    yield from _spelled(field, allowed)
    yield from _landlines(field, allowed)


def allowed_digits(field: Field) -> frozenset[str]:
    """Numbers that the unit or the state makes public."""
    return _digits_of(field.about.allowed_numbers)


@lru_cache(maxsize=64)
def _digits_of(numbers: frozenset[str]) -> frozenset[str]:
    own = (_NOT_DIGIT.sub("", number) for number in numbers)
    return frozenset(number for number in own if number) | frozenset(privacy_words()["public_numbers"])


def _numbers_at(field: Field, run: Run, at: int, allowed: frozenset[str]) -> Generator[Hit, None, int]:
    """Judge the stretches that begin with one group; returns the first group that is left."""
    for behind, number in run.numbers_from(at):
        if number.digits in allowed:
            return behind
        hit = _judge(field, number)
        if hit is not None:
            yield hit
            return behind
    return at + 1


def _judge(field: Field, number: Number) -> Hit | None:
    for judge in (_identity, _card, _mobile):
        hit = judge(field, number)
        if hit is not None:
            return hit
    return None


def _identity(field: Field, number: Number) -> Hit | None:
    length = len(number.digits)
    if length not in (_IDENTITY_CHARS, _OLD_IDENTITY_CHARS):
        return None
    is_explained = is_named_before(field.text, number.start, "identity_words")
    # What the text calls an identity number is one, also with a slip in its check digit.
    is_formal = has_identity_form if is_explained else is_identity_number
    if not is_formal(number.digits, _provinces(), clock.today()):
        return None
    if not is_explained and is_named_before(field.text, number.start, "credit_words"):
        return None
    if length == _OLD_IDENTITY_CHARS and number.is_broken and not is_explained:
        return None
    return _hit(field, "privacy.identity_number", number, mask_identity(number.digits))


def _card(field: Field, number: Number) -> Hit | None:
    words = privacy_words()
    digits = number.digits
    if len(digits) not in words["card_lengths"] or not digits.startswith(tuple(words["card_beginnings"])):
        return None
    if not _is_card_grouping(number) or not digits.isdigit() or not is_luhn(digits):
        return None
    if not digits.startswith(words["unionpay"]) and not is_named_before(
        field.text, number.start, "card_words"
    ):
        return None
    return _hit(field, "privacy.bank_card", number, mask_card(digits))


def _is_card_grouping(number: Number) -> bool:
    groups = number.groups
    in_fours = all(length == 4 for length in groups[:-1]) and groups[-1] <= 4
    return len(groups) == 1 or in_fours or set(groups) == {1} or len(groups) == 2


def _mobile(field: Field, number: Number) -> Hit | None:
    digits, groups = number.digits, number.groups
    if len(digits) == _MOBILE_DIGITS + len(_COUNTRY_CODE) and digits.startswith(_COUNTRY_CODE):
        digits = digits[len(_COUNTRY_CODE) :]
        groups = (
            groups[1:] if groups[0] == len(_COUNTRY_CODE) else (groups[0] - len(_COUNTRY_CODE), *groups[1:])
        )
    if len(digits) != _MOBILE_DIGITS or not digits.startswith(tuple(privacy_words()["mobile_prefixes"])):
        return None
    if groups not in _MOBILE_GROUPS and set(groups) != {1}:
        return None
    after = field.text[number.end : number.end + 1]
    if digits in allowed_digits(field) or (after and after in _amount_marks()):
        return None
    return _hit(field, "privacy.mobile", number, mask_mobile(digits))


def _amount_marks() -> str:
    marks: str = privacy_words()["amount_marks"]
    return marks


def _spelled(field: Field, allowed: frozenset[str]) -> Iterator[Hit]:
    """Numbers written in Chinese characters."""
    for match in privacy_pattern("chinese_digits").finditer(field.text):
        digits = to_digits(match[0])
        number = Number(digits, match.start(), match.end(), (len(digits),))
        hit = None if digits in allowed else _judge(field, number)
        if hit is not None:
            yield hit


def _landlines(field: Field, allowed: frozenset[str]) -> Iterator[Hit]:
    for match in privacy_pattern("landline_pattern").finditer(field.text):
        if _NOT_DIGIT.sub("", match[0]) in allowed:
            continue
        is_private = _is_called_private(field.text, match.start())
        if is_private or not is_named_before(field.text, match.start(), "office_phone_words"):
            masked = mask_middle(match[0], len(match[0]) - 7, 2)
            severity = Severity.ERROR if is_private else Severity.WARNING
            yield private_hit("privacy.landline", match.start(), match.end(), field, masked, severity)


def _is_called_private(text: str, start: int) -> bool:
    """Whether the words directly before the number say so."""
    words = _CLAUSE_END.split(text[max(0, start - _NEAR) : start])[-1]
    return any(word in words for word in privacy_words()["private_phone_words"])


def check_credit_codes(field: Field) -> Iterator[Hit]:
    """Unified social credit codes, which are asked about in law-enforcement disclosures only.

    Source: CQ (九) (REV-18).
    """
    for match in privacy_pattern("credit_pattern").finditer(field.text):
        if is_credit_code(match[0]):
            masked = mask_middle(match[0], 2, 4)
            yield private_hit(
                "enforcement.credit_code",
                match.start(),
                match.end(),
                field,
                masked,
                Severity.WARNING,
                "CQ (九)",
            )


def _hit(field: Field, rule: str, number: Number, masked: str) -> Hit:
    return private_hit(rule, number.start, number.end, field, masked)


def private_hit(
    rule: str,
    start: int,
    end: int,
    field: Field,
    masked: str,
    severity: Severity = Severity.ERROR,
    clause: str = CLAUSE,
) -> Hit:
    """A hit whose replacement is the masked form."""
    message, fix = explain(rule, field.text[start:end], masked)
    return Hit(rule, start, end, severity, message, fix, masked, clause)
