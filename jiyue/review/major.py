"""What makes an item major information by rule (REV-04; NT 15)."""

import re
import unicodedata
from collections.abc import Iterable

from jiyue.organizations.models import Organization
from jiyue.review.enums import MajorSign
from jiyue.review.models import MajorRule
from jiyue.review.submission import Scope

_GAPS = re.compile("[\\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+")  # spaces, and what nobody sees


def plain(text: str) -> str:
    """Text as rules look into it: names of two characters are often set with a space between them."""
    return _GAPS.sub("", unicodedata.normalize("NFKC", text))


def list_major_rules(unit: Organization) -> list[MajorRule]:
    """Rules in force for a unit: its own and those of the units above."""
    codes = unit.path_codes
    paths = [f"/{'/'.join(codes[:depth])}/" for depth in range(1, len(codes) + 1)]
    return list(MajorRule.objects.filter(unit__path__in=paths, ended_at=None).order_by("pk"))


def find_major_reasons(scope: Scope, rules: Iterable[MajorRule]) -> list[str]:
    """Texts of the rules that an item meets."""
    rules = list(rules)
    text = plain(scope.text) if rules else ""
    return [rule.text for rule in rules if _meets(scope.categories, text, rule)]


def _meets(categories: Iterable[str], text: str, rule: MajorRule) -> bool:
    if rule.sign == MajorSign.CATEGORY:
        return any(category.startswith(rule.text) for category in categories)
    return plain(rule.text) in text
