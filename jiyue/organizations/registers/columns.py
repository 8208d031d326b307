"""What a column of a table holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from jiyue.core.errors import Text


class CellKind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    DATE = "date"
    MOMENT = "moment"
    DECIMAL = "decimal"
    WHOLE = "whole"
    FLAG = "flag"
    CHOICE = "choice"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        key: Name in the code.
        label: Heading in the file, in the reader's language.
        kind: What the cells hold.
        is_required: No row without it.
        choices: Stored value → word in the cell, for a choice.
        max_chars: Longest text.
        places: Decimal places of a decimal.
        minimum: Smallest number allowed.
        maximum: Largest number allowed.
    """

    key: str
    label: Text
    kind: CellKind = CellKind.TEXT
    is_required: bool = False
    choices: Mapping[str, Text] = field(default_factory=dict)
    max_chars: int = 2_000
    places: int = 2
    minimum: int | None = None
    maximum: int | None = None
