"""Rule sets that are lists of words: wrong characters, misstatements, sensitive words, local lists."""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from django.utils.translation import gettext as _

from jiyue.textcheck.circumstances import LocalWord
from jiyue.textcheck.fields import Field
from jiyue.textcheck.findings import Hit, Severity
from jiyue.textcheck.words import Match, Word, WordList, load_words

VETO_CLAUSE = "HT 附件(单项否决); GL 八(二)1-2"


@cache
def word_list(*names: str) -> WordList:
    """The shipped lists of these names as one; built once per process."""
    return WordList(word for name in names for word in load_words(name))


def find_words(field: Field, name: str) -> Iterator[Match]:
    """Words of a shipped list in a field, except inside the unit's own white phrases."""
    words = _with_white(name, field.about.white_words) if field.about.white_words else word_list(name)
    return words.find(field.text)


@lru_cache(maxsize=32)
def _with_white(name: str, white: tuple[str, ...]) -> WordList:
    return WordList(load_words(name), white)


def check_typos(field: Field) -> Iterator[Hit]:
    """Wrongly written characters and forms that the standard has replaced.

    Source: HT 附件(单项否决2); GL 八(二)1-2 (REV-25).
    """
    for match in find_words(field, "typos.txt"):
        word = match.word
        if word.severity == Severity.ADVICE:
            message = _("“%(word)s” is an older form; the standard form is “%(right)s”.")
        else:
            message = _("“%(word)s” is written wrongly; it should be “%(right)s”.")
        yield _hit(match, "typos.word", message, _("Write “%(right)s”."), VETO_CLAUSE)


def check_misstatement_words(field: Field) -> Iterator[Hit]:
    """Wordings that must not stand on a government site.

    Source: HT 附件(单项否决1); GL 八(二)1-2 (REV-25).
    """
    for match in find_words(field, "misstatements.txt"):
        if match.word.note:
            message = _("“%(word)s” is a misstatement: %(note)s")
        else:
            message = _("“%(word)s” is a misstatement.")
        fix = _("Write “%(right)s”.") if match.word.right else _("Word the sentence anew.")
        yield _hit(match, "misstatements.word", message, fix, VETO_CLAUSE)


def check_sensitive(field: Field) -> Iterator[Hit]:
    """Sensitive words.

    Source: HT 附件(单项否决3); HT 一¶4; NT 25 (REV-25, REV-28).
    """
    for match in find_words(field, "sensitive.txt"):
        if match.word.right:
            message, fix = _("“%(word)s” hurts people."), _("Write “%(right)s”.")
        else:
            message = _("“%(word)s” is a sensitive word.")
            fix = _("Take it out, or give the reason why it has to stay.")
        yield _hit(match, "sensitive.word", message, fix, "HT 附件(单项否决); HT 一¶4; NT 25")


def check_advertising(field: Field) -> Iterator[Hit]:
    """Words of commercial advertising.

    Source: NB 12; NT 25 (REV-28).
    """
    for match in find_words(field, "advertising.txt"):
        message = _("“%(word)s” sounds like commercial advertising.")
        yield _hit(match, "advertising.word", message, _("Take the advertisement out."), "NB 12; NT 25")


def check_local(field: Field) -> Iterator[Hit]:
    """Words of the lists that the place keeps itself."""
    if not field.about.local_words:
        return
    for match in _local_list(field.about.local_words, field.about.white_words).find(field.text):
        message = _("“%(word)s” is on the local list of words.")
        fix = _("Write “%(right)s”.") if match.word.right else _("Word the sentence anew.")
        yield _hit(match, "local.word", message, fix, VETO_CLAUSE)


@lru_cache(maxsize=32)
def _local_list(entries: tuple[LocalWord, ...], white: tuple[str, ...]) -> WordList:
    return WordList(_as_words(entries), white)


def _as_words(entries: Iterable[LocalWord]) -> Iterator[Word]:
    for entry in entries:
        if len(entry.word) < 2:  # one character alone says nothing in Chinese
            raise ValueError(f"{entry.word!r} is too short")
        yield Word(entry.word, entry.right, Severity(entry.severity), entry.white)


def _hit(match: Match, rule: str, message: str, fix: str, clause: str) -> Hit:
    word = match.word
    names = {"word": word.word, "right": word.right, "note": word.note}
    return Hit(
        rule=rule,
        start=match.start,
        end=match.end,
        severity=word.severity,
        message=message % names,
        fix=fix % names,
        replacement=word.right or None,
        clause=clause,
    )
