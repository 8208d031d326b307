"""Which disclosures are decisions of law enforcement."""

import tomllib
from functools import cache

from jiyue.textcheck.words import DATA


@cache
def _marks() -> tuple[str, ...]:
    with (DATA / "enforcement.toml").open("rb") as file:
        return tuple(tomllib.load(file)["titles"])


def is_enforcement_title(title: str, category: str = "") -> bool:
    """Tell whether title or subject category name a decision of law enforcement.

    Args:
        title: Title of the item.
        category: Its subject category.

    Source: CQ (九) (REV-18).
    """
    return any(mark in title or mark in category for mark in _marks())
