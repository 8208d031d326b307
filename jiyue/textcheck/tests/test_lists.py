"""Every entry of every list and every pattern, with its examples."""

import pytest

from jiyue.textcheck.checking import check_fields
from jiyue.textcheck.findings import Severity
from jiyue.textcheck.patterns import load_patterns
from jiyue.textcheck.wordchecks import word_list
from jiyue.textcheck.wording import WORDS
from jiyue.textcheck.words import load_words

pytestmark = pytest.mark.unit

LISTS = ("typos.txt", "misstatements.txt", "sensitive.txt", "advertising.txt")
PATTERNS = ("misstatements.toml", "secrets.toml", "general.toml", "ht.toml")


def _found(name: str, text: str) -> list[str]:
    return [match.word.word for match in word_list(name).find(text)]


@pytest.mark.parametrize("name", LISTS)
def test_every_entry_is_found_in_a_sentence_and_names_its_source(name):
    words = load_words(name)
    lost = [word.word for word in words if word.word not in _found(name, f"，{word.word}。")]
    assert lost == []
    assert all(word.source for word in words)


@pytest.mark.parametrize("name", LISTS)
def test_no_right_form_and_no_white_phrase_is_found(name):
    words = load_words(name)
    wrong = [(word.word, right) for word in words if (right := word.right) and _found(name, f"，{right}。")]
    wrong += [
        (word.word, phrase)
        for word in words
        for phrase in word.white
        if word.word in _found(name, f"，{phrase}。")
    ]
    assert wrong == []


@pytest.mark.parametrize("name", LISTS)
def test_entries_are_distinct_and_white_phrases_hold_their_word(name):
    words = load_words(name)
    assert len({word.word for word in words}) == len(words)
    assert [word.word for word in words if word.word == word.right] == []
    assert [(word.word, phrase) for word in words for phrase in word.white if word.word not in phrase] == []
    assert [word.word for word in words if len(word.word) < 2] == []


def test_several_hundred_wrong_characters_are_known():
    wrong = [word for word in load_words("typos.txt") if word.severity != Severity.ADVICE]
    assert len(wrong) > 400


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_finds_its_positive_examples_and_none_of_the_others(name):
    for rule in load_patterns(name).values():
        assert rule.positive, rule.name
        assert rule.negative, rule.name
        assert rule.clause, rule.name
        missed = [text for text in rule.positive if not list(rule.matches(text))]
        false = [(text, match[0]) for text in rule.negative for match in rule.matches(text)]
        assert (missed, false) == ([], []), rule.name


def test_every_rule_has_words_for_people():
    rules = {rule for name in PATTERNS for rule in load_patterns(name)}
    assert rules <= set(WORDS)


@pytest.mark.parametrize(
    "text",
    ["大麻烦", "路口交通", "出口交易会", "分布署名", "如今天气转凉", "配偶而言", "钓鱼网站", "清算组职权"],
)
def test_the_known_traps_stay_silent(text):
    sets = ["typos", "sensitive", "misstatements"]
    assert check_fields({"body_html": f"关于{text}的说明"}, rule_sets=sets) == []
