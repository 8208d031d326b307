"""A seeded corpus of articles for benchmarks: same seed, same articles.

Articles come in blocks that each have a seed of their own, so that article
700,000 is the same in a corpus of a million and in a slice of it. Nothing
here touches a database.
"""

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

VERSION = 1  # raise when the same seed gives other articles; names cached corpora
BLOCK = 1_000  # articles sharing one seed
POOL = 4_000  # different sentences
SENTENCE_CHARACTERS = 45  # mean length of a sentence of the pool
PARAGRAPH_SENTENCES = 4
SPREAD = 0.45  # sigma of the lognormal length of a body
NEWEST = date(2026, 10, 31)
DAYS = 3_650  # the articles spread over ten years


@dataclass(frozen=True, slots=True)
class CorpusArticle:
    """One article: what an import or a bulk insert needs."""

    number: int
    title: str
    paragraphs: tuple[str, ...]
    document_number: str
    index_number: str
    issued_on: date
    unit: str
    section: int  # which of the corpus's sections it belongs to

    @property
    def body_html(self) -> str:
        """The body as clean HTML; the words need no escaping."""
        return "".join([f"<p>{paragraph}</p>\n" for paragraph in self.paragraphs])

    @property
    def body_text(self) -> str:
        """The body as plain text, a line per paragraph."""
        return "\n".join(self.paragraphs)


@cache
def _words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
    return words


@cache
def _sentences(seed: int) -> tuple[str, ...]:
    words, rng = _words(), random.Random(f"sentences {seed}")
    pick = {name: (lambda options=options: rng.choice(options)) for name, options in words.items()}
    return tuple(
        f"{pick['lead']()}{pick['topics']()}，{pick['units']()}在{pick['places']()}"
        f"{pick['verbs']()}{pick['objects']()}，{pick['clauses']()}。"
        for _ in range(POOL)
    )


def _article(
    number: int, rng: random.Random, seed: int, sections: int, body_characters: int
) -> CorpusArticle:
    words, pool = _words(), _sentences(seed)
    count = max(1, round(rng.lognormvariate(0, SPREAD) * body_characters / SENTENCE_CHARACTERS))
    chosen = rng.choices(pool, k=count)
    paragraphs = tuple(
        "".join(chosen[start : start + PARAGRAPH_SENTENCES]) for start in range(0, count, PARAGRAPH_SENTENCES)
    )
    issued_on = NEWEST - timedelta(days=int(rng.random() * DAYS))
    unit, place = rng.choice(words["units"]), rng.choice(words["places"])
    return CorpusArticle(
        number=number,
        title=f"{unit}关于{place}{rng.choice(words['topics'])}的{rng.choice(words['kinds'])}（{number}号）",
        paragraphs=paragraphs,
        document_number=f"云政发〔{issued_on.year}〕{number}号",
        index_number=f"Y{number:09}/{issued_on.year}-{number % 100_000:05}",
        issued_on=issued_on,
        unit=unit,
        section=int(rng.random() * sections),
    )


def articles(
    count: int, *, start: int = 0, seed: int = 1, sections: int = 10, body_characters: int = 600
) -> Iterator[CorpusArticle]:
    """Yield articles `start` … `start + count - 1`.

    Args:
        count: How many.
        start: Number of the first one.
        seed: Another seed gives other articles.
        sections: Number of sections the articles fall into.
        body_characters: Median length of a body, in characters.
    """
    end = start + count
    for block in range(start // BLOCK, -(-end // BLOCK)):
        rng = random.Random(f"block {seed} {block}")
        for number in range(block * BLOCK, min((block + 1) * BLOCK, end)):
            article = _article(number, rng, seed, sections, body_characters)
            if number >= start:
                yield article
