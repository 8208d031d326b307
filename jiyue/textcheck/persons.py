"""Personal data in words (REV-18): addresses, e-mail, chat accounts, passports, vehicles, parties."""

import re
from collections.abc import Iterator
from functools import cache

from jiyue.textcheck.fields import Field
from jiyue.textcheck.findings import Hit, Severity
from jiyue.textcheck.masking import mask_digits, mask_mail, mask_middle, mask_name
from jiyue.textcheck.privacy import (
    check_credit_codes,
    check_numbers,
    is_named_before,
    privacy_pattern,
    privacy_words,
    private_hit,
)

_ADDRESS_CHARS = 60  # before the door
_DELIMITER = re.compile(r"[，。；：:、！？\s（）()“”《》]")
_MAIL_NAME = re.compile(r"[A-Za-z0-9._%+\-]{1,64}$")
_MAIL_DOMAIN = re.compile(r"[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}")
_LONGEST_MAIL_NAME, _LONGEST_DOMAIN = 64, 253  # characters


def check_privacy(field: Field) -> Iterator[Hit]:
    """Everything that names a person or leads to their door.

    Source: GL 二(二)2; NB 15; CQ (三) (REV-18).
    """
    yield from check_numbers(field)
    yield from _addresses(field)
    yield from _stated_addresses(field)
    yield from _mails(field)
    yield from _passports(field)
    yield from _plates(field)
    yield from _chat_accounts(field)


def _addresses(field: Field) -> Iterator[Hit]:
    """Homes: a building and a door, where the words around them say that people live there."""
    for match in privacy_pattern("door_pattern").finditer(field.text):
        begin = max(0, match.start() - _ADDRESS_CHARS)
        before = field.text[begin : match.start()]
        for delimiter in _DELIMITER.finditer(before):
            begin = max(0, match.start() - _ADDRESS_CHARS) + delimiter.end()
        address = field.text[begin : match.end()]
        if not privacy_pattern("building_pattern").search(address):
            continue
        if _is_home(field, address, begin):
            yield private_hit("privacy.address", begin, match.end(), field, mask_digits(address))


def _is_home(field: Field, address: str, begin: int) -> bool:
    if any(word in address for word in privacy_words()["residence_words"]):
        return True
    return is_named_before(field.text, begin, "address_words")


def _stated_addresses(field: Field) -> Iterator[Hit]:
    """What stands behind “home address”, down to a house or door number."""
    for match in _address_words().finditer(field.text):
        after = field.text[match.end() : match.end() + _ADDRESS_CHARS + 20]
        stated = privacy_pattern("stated_pattern").match(after)
        if stated:
            start, end = match.end() + stated.start(1), match.end() + stated.end(1)
            yield private_hit("privacy.address", start, end, field, mask_digits(stated[1]))


@cache
def _address_words() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, privacy_words()["address_words"])))


def _mails(field: Field) -> Iterator[Hit]:
    """Private e-mail; offices' addresses are public, also with commercial providers."""
    at = field.text.find("@")
    allowed = {address.lower() for address in field.about.allowed_numbers}
    while at >= 0:
        name = _MAIL_NAME.search(field.text[max(0, at - _LONGEST_MAIL_NAME) : at])
        domain = _MAIL_DOMAIN.match(field.text[at + 1 : at + 1 + _LONGEST_DOMAIN])
        if name and domain:
            start, end = at - len(name[0]), at + 1 + len(domain[0])
            address = field.text[start:end]
            if address.lower() not in allowed and not address.lower().endswith(".gov.cn"):
                yield from _mail(field, start, end, address)
        at = field.text.find("@", at + 1)


def _mail(field: Field, start: int, end: int, address: str) -> Iterator[Hit]:
    if is_named_before(field.text, start, "private_mail_words"):
        yield private_hit("privacy.email", start, end, field, mask_mail(address))
    elif privacy_pattern("private_mail_pattern").match(address):
        yield private_hit("privacy.email", start, end, field, mask_mail(address), Severity.WARNING)


def _passports(field: Field) -> Iterator[Hit]:
    for match in privacy_pattern("passport_pattern").finditer(field.text):
        if is_named_before(field.text, match.start(), "passport_words"):
            masked = mask_middle(match[0], 2, 2)
            yield private_hit("privacy.passport", match.start(), match.end(), field, masked)


def _plates(field: Field) -> Iterator[Hit]:
    for match in privacy_pattern("plate_pattern").finditer(field.text):
        number = match[0][2:]
        if sum(character.isdigit() for character in number) >= 2:
            masked = mask_middle(match[0], 2, 2)
            yield private_hit("privacy.plate", match.start(), match.end(), field, masked)


def _chat_accounts(field: Field) -> Iterator[Hit]:
    for match in privacy_pattern("chat_pattern").finditer(field.text):
        start, end = match.span(1)
        if not is_named_before(field.text, start, "chat_white"):
            yield private_hit("privacy.chat_account", start, end, field, mask_middle(match[1], 1, 1))


def check_enforcement(field: Field) -> Iterator[Hit]:
    """Names and codes of parties in disclosures of law enforcement.

    Source: CQ (九) (REV-18).
    """
    if not field.about.is_enforcement and not field.about.party_names:
        return
    sign = _mask_sign()
    yield from check_credit_codes(field)
    for start, end in _parties(field):
        masked = mask_name(field.text[start:end], sign)
        yield private_hit("enforcement.party", start, end, field, masked, clause="CQ (九)")


def _parties(field: Field) -> Iterator[tuple[int, int]]:
    """Every place where a party is named: those handed in, and those that the text introduces."""
    names = set(field.about.party_names)
    if field.about.is_enforcement:
        not_names = tuple(privacy_words()["not_names"])
        for match in _party_pattern().finditer(field.text):
            if not match[1].startswith(not_names) and not match[1].endswith(_mask_sign()):
                names.add(match[1])
    if not names:
        return
    longest_first = sorted(names, key=len, reverse=True)
    for match in re.finditer("|".join(map(re.escape, longest_first)), field.text):
        yield match.span()


def _mask_sign() -> str:
    sign: str = privacy_words()["masked_name"]
    return sign


@cache
def _party_pattern() -> re.Pattern[str]:
    words = privacy_words()
    return re.compile(words["party_pattern"].replace("SURNAME", f"[{words['surnames']}]"))
