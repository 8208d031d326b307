"""One resolved value of a policy profile, with where it comes from."""

from dataclasses import dataclass
from datetime import date

from jiyue.policy.terms import Term, TermUnit

Stated = int | str | list[str] | list[int]  # what a profile may state, in TOML and in JSON


@dataclass(frozen=True)
class PolicyValue:
    """One resolved value.

    Attributes:
        value: Number, text or list as the profile states it.
        unit: What the number counts; a `TermUnit` for lengths of time.
        origin: Code of the profile it was found in.
        clause: Where the regulation says so; starts with "proposed" where none does.
        version: Version of the value in a local profile, of the whole file in a shipped one.
        effective_on: Day from which it applies; None in a shipped profile.
    """

    key: str
    value: Stated
    unit: str
    origin: str
    clause: str
    version: int = 1
    effective_on: date | None = None

    @property
    def number(self) -> int:
        """The value as a whole number; `TypeError` when it isn't one."""
        if not isinstance(self.value, int):
            raise TypeError(f"{self.key} is not a number")
        return self.value

    @property
    def text(self) -> str:
        """The value as a word or text; `TypeError` when it isn't one."""
        if not isinstance(self.value, str):
            raise TypeError(f"{self.key} is not a text")
        return self.value

    @property
    def items(self) -> list[str]:
        """The value as a list of names; `TypeError` when it isn't one."""
        if not isinstance(self.value, list) or any(not isinstance(item, str) for item in self.value):
            raise TypeError(f"{self.key} is not a list of names")
        return [str(item) for item in self.value]

    @property
    def numbers(self) -> list[int]:
        """The value as a list of whole numbers; `TypeError` when it isn't one."""
        if not isinstance(self.value, list) or any(not isinstance(item, int) for item in self.value):
            raise TypeError(f"{self.key} is not a list of numbers")
        return [int(item) for item in self.value]

    @property
    def term(self) -> Term:
        """The value as a length of time; `TypeError` when it isn't one."""
        return Term(self.number, self._term_unit())

    @property
    def terms(self) -> list[Term]:
        """The value as a list of lengths of time; `TypeError` when it isn't one."""
        unit = self._term_unit()
        return [Term(number, unit) for number in self.numbers]

    @property
    def is_proposed(self) -> bool:
        """No document states the value; it is a default of the platform."""
        return self.clause.startswith("proposed")

    def _term_unit(self) -> TermUnit:
        if self.unit not in TermUnit.values:
            raise TypeError(f"{self.key} is not a length of time")
        return TermUnit(self.unit)
