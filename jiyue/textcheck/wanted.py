"""What a unit's policy profile wants checked."""

from dataclasses import dataclass

from jiyue.policy.selectors import Rules
from jiyue.textcheck.circumstances import LinkMode

STYLE_SETS = frozenset({"general_form", "ht_title", "ht_text"})  # not asked of imported history


@dataclass(frozen=True)
class Wanted:
    """The sets that are on, and how much they may weigh.

    Attributes:
        rule_sets: Sets that are on.
        veto_sets: Sets whose veto hits stay a veto.
        blocking_sets: Sets whose errors have to be mended or justified.
        title_max_chars: Longest title in characters; 0 for no limit.
        title_max_marks: Most punctuation marks in a title; 0 for no limit.
        paragraph_max_chars: Longest paragraph in characters; 0 for no limit.
        unofficial_links: What holds for links to places that aren't official.
    """

    rule_sets: frozenset[str]
    veto_sets: frozenset[str]
    blocking_sets: frozenset[str]
    title_max_chars: int
    title_max_marks: int
    paragraph_max_chars: int
    unofficial_links: LinkMode


def read_wanted(rules: Rules) -> Wanted:
    """Read what a unit's rules say about text checks.

    Args:
        rules: Policy values of the unit.

    Source: HT 二(二)2; HT 附件(单项否决); NB 18 (REV-21, REV-22, REV-25, REV-28).
    """
    return Wanted(
        rule_sets=frozenset(rules.value("textcheck.rule_sets").items),
        veto_sets=frozenset(rules.value("textcheck.veto_sets").items),
        blocking_sets=frozenset(rules.value("textcheck.blocking_sets").items),
        title_max_chars=rules.value("style.title_max_chars").number,
        title_max_marks=rules.value("style.title_max_marks").number,
        paragraph_max_chars=rules.value("style.paragraph_max_chars").number,
        unofficial_links=LinkMode(rules.value("intake.unofficial_links").text),
    )
