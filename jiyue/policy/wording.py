"""Values, units and profiles in words for people."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from jiyue.policy.keys import Definition, Shape, definition_of, general_key_of
from jiyue.policy.keys.definitions import NUMBER_WORDS
from jiyue.policy.models import LocalProfile
from jiyue.policy.shipped import DEFAULT_PROFILE, read_profiles
from jiyue.policy.terms import Term, TermUnit
from jiyue.policy.values import PolicyValue, Stated


def value_words(key: str, value: Stated, unit: str) -> str:
    """A value as people say it: “3 working days”, “in principle none”.

    Args:
        key: Key of the rule; says how the value is read.
        value: Number, word or list.
        unit: What a number counts.

    Raises:
        LookupError: The rule isn't known.
    """
    definition = definition_of(key)
    if isinstance(value, list):
        parts = [_one(definition, item, unit) for item in value]
        separator = _(" to ") if key == "account.password_change" else _(", ")
        return separator.join(parts) or _("none")
    return _one(definition, value, unit)


def words_of(value: PolicyValue) -> str:
    """A resolved value as people say it."""
    return value_words(value.key, value.value, value.unit)


def _one(definition: Definition, value: int | str, unit: str) -> str:
    if isinstance(value, int):
        if value == 0 and definition.is_zero_off:
            return _("off")
        if unit in TermUnit.values:
            return str(Term(value, TermUnit(unit)))
        words = NUMBER_WORDS.get(unit)
        return str(words % {"number": value}) if words else str(value)  # type: ignore[operator]  # lazy plural
    if definition.shape is Shape.DAY_OF_YEAR:
        month, day = value.split("-")
        return _("%(month)s-%(day)s each year") % {"month": int(month), "day": int(day)}
    return str(definition.choices.get(value, value))


def rule_label(key: str) -> str:
    """What a rule governs, in words; a rule for one kind of clock names the kind behind it."""
    label = str(definition_of(key).label)
    general = general_key_of(key)
    return f"{label} ({key.removeprefix(f'{general}.')})" if general else label


def profile_name(code: str) -> str:
    """What people call a profile: the document's title, or the name a place gave it."""
    shipped = read_profiles().get(code)
    if code == DEFAULT_PROFILE:
        return _("defaults of the platform")
    if shipped:
        return _("“%(title)s”") % {"title": shipped.title}
    return LocalProfile.objects.values_list("name", flat=True).filter(code=code).first() or code


def clause_words(clause: str) -> str:
    """A clause as people read it; what no document states is marked as a proposal."""
    if not clause.startswith("proposed"):
        return clause
    rest = clause.removeprefix("proposed").lstrip(", ").removeprefix("after ").removeprefix("for ")
    return (
        _("proposed by the platform; compare %(rest)s") % {"rest": rest}
        if rest
        else _("proposed by the platform")
    )


def profile_names(codes: Iterable[str]) -> dict[str, str]:
    """Names of several profiles by code, in one query at most."""
    wanted = set(codes)
    shipped = {code: profile_name(code) for code in wanted if code in read_profiles()}
    local = LocalProfile.objects.filter(code__in=wanted - set(shipped)).values_list("code", "name")
    return {code: code for code in wanted} | dict(local) | shipped
