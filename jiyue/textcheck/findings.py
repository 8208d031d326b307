"""What a check says about a text: where, what, why, and what to do."""

from dataclasses import dataclass
from enum import StrEnum

from jiyue.core.errors import Text


class Severity(StrEnum):
    """How much a finding weighs, the heaviest first."""

    VETO = "veto"  # stops submission and release; no reason helps
    ERROR = "error"  # must be mended, or justified with a reason
    WARNING = "warning"
    ADVICE = "advice"


WEIGHT = {severity: position for position, severity in enumerate(Severity)}
BLOCKING = frozenset({Severity.VETO, Severity.ERROR})


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in one field before it is counted and keyed.

    Attributes:
        rule: Stable name of the rule.
        start: Offset of the first character in the field.
        end: Offset after the last one.
        severity: As the rule states it, before the policy profile lowers it.
        message: What is wrong.
        fix: What to do.
        replacement: What to write instead, where that is certain.
        clause: Where the regulation says so.
        excerpt: What is shown where it isn't the text between start and end (the address of a link).
    """

    rule: str
    start: int
    end: int
    severity: Severity
    message: Text
    fix: Text
    replacement: str | None = None
    clause: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in one field.

    Attributes:
        rule: Stable name of the rule.
        category: The rule set it belongs to.
        field: Name of the field.
        start: Offset of the first character in the field's text.
        end: Offset after the last one; equal to `start` where the whole text is meant.
        excerpt: The words in question.
        occurrence: Which one of the places where the field holds the excerpt, from 1; 0 where it holds none.
        message: What is wrong.
        fix: What to do.
        replacement: What to write instead, where that is certain.
        severity: How much it weighs for the unit.
        clause: Where the regulation says so.
        key: Stable name of this finding, under which it is justified.
    """

    rule: str
    category: str
    field: str
    start: int
    end: int
    excerpt: str
    occurrence: int
    message: Text
    fix: Text
    replacement: str | None
    severity: Severity
    clause: str
    key: str

    @property
    def is_blocking(self) -> bool:
        """Whether it stops the item as long as nothing is done about it."""
        return self.severity in BLOCKING
