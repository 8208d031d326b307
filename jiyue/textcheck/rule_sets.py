"""The rule sets by name: each is a function from a field to hits."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from jiyue.textcheck.bodies import check_body
from jiyue.textcheck.fields import Field
from jiyue.textcheck.findings import Hit
from jiyue.textcheck.formulas import check_misstatements
from jiyue.textcheck.general import check_general_form
from jiyue.textcheck.linkchecks import check_links
from jiyue.textcheck.patterns import find_patterns
from jiyue.textcheck.persons import check_enforcement, check_privacy
from jiyue.textcheck.titles import check_title
from jiyue.textcheck.wordchecks import check_advertising, check_local, check_sensitive, check_typos

Checker = Callable[[Field], Iterable[Hit]]


def check_secrets(field: Field) -> Iterator[Hit]:
    """Marks of secrecy.

    Source: GL 二(二)2; HT 一¶4; NT 25 (REV-28).
    """
    return (hit for hit in find_patterns("secrets.toml", field.text) if hit.rule.startswith("secrets."))


def check_trade_secrets(field: Field) -> Iterator[Hit]:
    """Trade secrets, as far as the text names them.

    Source: GL 二(二)2; CQ (三) (REV-18).
    """
    return (hit for hit in find_patterns("secrets.toml", field.text) if hit.rule.startswith("trade_secrets."))


# In the order in which they are asked; of two that weigh the same at one place, the first one speaks.
RULE_SETS: Mapping[str, Checker] = {
    "misstatements": check_misstatements,
    "sensitive": check_sensitive,
    "secrets": check_secrets,
    "typos": check_typos,
    "local": check_local,
    "privacy": check_privacy,
    "enforcement": check_enforcement,
    "trade_secrets": check_trade_secrets,
    "links": check_links,
    "advertising": check_advertising,
    "general_form": check_general_form,
    "ht_title": check_title,
    "ht_text": check_body,
}
