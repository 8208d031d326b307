"""The rule sets by name: each is a function from a field to hits."""

from collections.abc import Callable, Iterable, Mapping

from jiyue.textcheck.fields import Field
from jiyue.textcheck.findings import Hit
from jiyue.textcheck.wordchecks import check_advertising, check_local, check_sensitive, check_typos

Checker = Callable[[Field], Iterable[Hit]]

RULE_SETS: Mapping[str, Checker] = {
    "sensitive": check_sensitive,
    "typos": check_typos,
    "local": check_local,
    "advertising": check_advertising,
}
