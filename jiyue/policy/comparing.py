"""Which of two values of the same rule binds more tightly (PROF-03)."""

from collections.abc import Callable
from enum import StrEnum
from fractions import Fraction

from jiyue.policy.keys import Definition, Shape, Stricter, definition_of
from jiyue.policy.terms import TermUnit
from jiyue.policy.values import PolicyValue

_UNLIMITED = Fraction(10**9)  # beyond every number a rule states


class Comparison(StrEnum):
    """How one value stands to another one of the same rule."""

    STRICTER = "stricter"
    EQUAL = "equal"
    LOOSER = "looser"
    DIFFERENT = "different"  # neither binds more tightly


def compare(value: PolicyValue, other: PolicyValue) -> Comparison:
    """Say how `value` stands to `other`, e.g. 12 days to 2 weeks: stricter.

    Terms of different units are compared by the calendar days they last on
    average; choices by their order; lists of names by what one has and the
    other lacks.

    Raises:
        LookupError: The rule isn't known.

    Source: GL 前言 (PROF-03).
    """
    definition = definition_of(value.key)
    if (value.value, value.unit) == (other.value, other.unit):
        return Comparison.EQUAL
    if definition.stricter is Stricter.NONE:
        return Comparison.DIFFERENT
    found = _COMPARED[definition.shape](definition, value, other)
    if definition.stricter is Stricter.LOWER:
        return _TURNED[found]
    return found


def is_looser(value: PolicyValue, national: PolicyValue) -> bool:
    """Tell whether a local value binds less tightly than GL's."""
    return compare(value, national) is Comparison.LOOSER


_TURNED = {
    Comparison.STRICTER: Comparison.LOOSER,
    Comparison.LOOSER: Comparison.STRICTER,
    Comparison.EQUAL: Comparison.EQUAL,
    Comparison.DIFFERENT: Comparison.DIFFERENT,
}


def _by_size(one: Fraction | int | str, other: Fraction | int | str) -> Comparison:
    """As if the higher one were the stricter one."""
    if one == other:
        return Comparison.EQUAL
    return Comparison.STRICTER if one > other else Comparison.LOOSER  # type: ignore[operator]  # both of one sort


def _amount(definition: Definition, value: PolicyValue) -> Fraction:
    if definition.is_zero_off and value.number == 0:
        return _UNLIMITED if definition.stricter is Stricter.LOWER else Fraction(0)
    if value.unit in TermUnit.values:
        return value.term.average_days
    return Fraction(value.number)


def _amounts(definition: Definition, one: PolicyValue, other: PolicyValue) -> Comparison:
    return _by_size(_amount(definition, one), _amount(definition, other))


def _choices(definition: Definition, one: PolicyValue, other: PolicyValue) -> Comparison:
    order = list(definition.choices)
    return _by_size(order.index(one.text), order.index(other.text))


def _texts(_definition: Definition, one: PolicyValue, other: PolicyValue) -> Comparison:
    return _by_size(one.text, other.text)


def _names(_definition: Definition, one: PolicyValue, other: PolicyValue) -> Comparison:
    mine, theirs = set(one.items), set(other.items)
    if mine == theirs:
        return Comparison.EQUAL
    if mine > theirs:
        return Comparison.STRICTER
    return Comparison.LOOSER if mine < theirs else Comparison.DIFFERENT


def _never(_definition: Definition, _one: PolicyValue, _other: PolicyValue) -> Comparison:
    return Comparison.DIFFERENT


_COMPARED: dict[Shape, Callable[[Definition, PolicyValue, PolicyValue], Comparison]] = {
    Shape.TERM: _amounts,
    Shape.NUMBER: _amounts,
    Shape.CHOICE: _choices,
    Shape.DAY_OF_YEAR: _texts,
    Shape.NAMES: _names,
    Shape.TERMS: _never,
    Shape.NUMBERS: _never,
    Shape.TEXT: _never,
}
