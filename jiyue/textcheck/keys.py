"""Stable names of findings, and which of several places one is."""

from bisect import bisect_left
from collections.abc import Collection
from functools import lru_cache

from ahocorasick_rs import AhoCorasick

from jiyue.core import crypto

_DIGEST_CHARS = 16  # of SM3: enough for one item's findings


@lru_cache(maxsize=4096)
def key_of(rule: str, excerpt: str) -> str:
    """Stable name of a finding: the rule and a digest of the words in question."""
    return f"{rule}:{crypto.sm3_hex(excerpt.encode('utf-8', 'surrogatepass'))[:_DIGEST_CHARS]}"


def places_of(excerpts: Collection[str], text: str) -> dict[str, list[int]]:
    """Where the text holds each excerpt, in one pass however many there are."""
    distinct = list(dict.fromkeys(excerpt for excerpt in excerpts if excerpt))
    places: dict[str, list[int]] = {excerpt: [] for excerpt in distinct}
    if distinct:
        found = AhoCorasick(distinct).find_matches_as_indexes(text, overlapping=True)
        for index, start, _end in found:
            places[distinct[index]].append(start)
    return places


def occurrence_of(start: int, places: list[int]) -> int:
    """Which place it is, from 1; 0 where it is none of them."""
    index = bisect_left(places, start)
    return index + 1 if index < len(places) and places[index] == start else 0
