"""What makes an item major information by rule (REV-04; NT 15)."""

from collections.abc import Iterable

from jiyue.organizations.models import Organization
from jiyue.review.enums import MajorSign
from jiyue.review.models import MajorRule
from jiyue.review.submission import Scope


def list_major_rules(unit: Organization) -> list[MajorRule]:
    """Rules in force for a unit: its own and those of the units above."""
    codes = unit.path_codes
    paths = [f"/{'/'.join(codes[:depth])}/" for depth in range(1, len(codes) + 1)]
    return list(MajorRule.objects.filter(unit__path__in=paths, ended_at=None).order_by("pk"))


def find_major_reasons(scope: Scope, rules: Iterable[MajorRule]) -> list[str]:
    """Texts of the rules that an item meets."""
    return [rule.text for rule in rules if _meets(scope, rule)]


def _meets(scope: Scope, rule: MajorRule) -> bool:
    if rule.sign == MajorSign.CATEGORY:
        return any(category.startswith(rule.text) for category in scope.categories)
    return rule.text in scope.text
