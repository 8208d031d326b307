"""Checking one text of three thousand characters, beside a plain alternation over the same words.

The peer looks for the shipped words only, with `re`; ours runs every rule set.
"""

import os
import re
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiyue.config.settings.test")

import django

django.setup()

from bench.harness import Figure, Scale, alternate, cost_of  # noqa: E402
from jiyue.textcheck.checking import check_fields  # noqa: E402
from jiyue.textcheck.rule_sets import RULE_SETS  # noqa: E402
from jiyue.textcheck.words import load_words  # noqa: E402

NAME = "textcheck"
CHARS = 3_000
LISTS = ("typos.txt", "misstatements.txt", "sensitive.txt", "advertising.txt")
_SENTENCE = "2026年3月5日，云汀市政府召开集约化平台建设工作会议，部署统一信息资源库建设，听取各单位意见。"


def run(_scale: Scale) -> list[Figure]:
    """Measure; the text is the same at every scale."""
    text = (_SENTENCE * CHARS)[:CHARS]
    words = [word for name in LISTS for word in load_words(name)]
    phrases = {word.word for word in words} | {phrase for word in words for phrase in word.white}
    alternation = re.compile("|".join(map(re.escape, sorted(phrases, key=len, reverse=True))))
    check_fields({"body_html": text}, rule_sets=RULE_SETS)
    ours, theirs = alternate(
        lambda: cost_of(lambda: check_fields({"body_html": text}, rule_sets=RULE_SETS)),
        lambda: cost_of(lambda: alternation.findall(text)),
    )
    our_seconds = median(cost.wall_seconds for cost in ours)
    peer_seconds = median(cost.wall_seconds for cost in theirs)
    return [
        Figure(
            f"every rule set, {CHARS:,} characters",
            our_seconds,
            "s",
            "<= 0.3",
            f"re alternation over {len(phrases):,} words alone",
            peer_seconds,
            peer_seconds / our_seconds,
        )
    ]
