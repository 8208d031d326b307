"""Keeping the tree a tree: one writer at a time, paths that equal the walk upward."""

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat, Length, Substr
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.organizations.models import Organization

MAX_PATH_CHARS = 255  # width of the column
_TREE_LOCK = 0x6A_69_79_75_74  # PostgreSQL advisory lock: one writer of the tree at a time


class UnitRefused(DomainError):
    """A unit can't be founded, changed, moved or closed like this."""

    code = "unit_refused"


def lock_tree() -> None:
    """Make other writers of the tree wait until this transaction ends; SQLite has one writer anyway.

    Two moves at the same moment could each be right and make a ring together:
    A below B and B below A. So whoever moves, founds or closes takes this lock
    before reading the relations it decides on.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TREE_LOCK])


def path_of(code: str, parent: Organization | None) -> str:
    """Path of a unit in the tree of administration: the parent's path, then its own code."""
    return f"{parent.path if parent else '/'}{code}/"


def ring_refusal(
    unit: Organization, superior: Organization | None, supervising_unit: Organization | None
) -> UnitRefused | None:
    """Say why these relations would put the unit above itself, or None. Call it with the tree locked."""
    for field, above in (("superior", superior), ("supervising_unit", supervising_unit)):
        if above and (above.path.startswith(unit.path) or unit.pk in _line_of(above, field)):
            return _ring(unit, above, field)
    return None


def _line_of(unit: Organization, field: str) -> set[int]:
    """The unit and everything above it in one of the two relations."""
    seen: set[int] = set()
    current: int | None = unit.pk
    while current is not None and current not in seen:
        seen.add(current)
        current = Organization.objects.values_list(f"{field}_id", flat=True).get(pk=current)
    return seen


def _ring(unit: Organization, above: Organization, field: str) -> UnitRefused:
    return UnitRefused(
        _("%(above)s lies below %(unit)s, so it can't stand above it.")
        % {"above": above.name, "unit": unit.name},
        fix=_("Choose another unit, or move %(above)s first.") % {"above": above.name},
        field=field,
    )


def depth_refusal(path: str, *, longest_tail: int = 0) -> UnitRefused | None:
    """Say why a place in the tree is too deep to be stored, or None."""
    if len(path) + longest_tail <= MAX_PATH_CHARS:
        return None
    return UnitRefused(
        _("The tree would be too deep: codes from the top down may have %(limit)d characters together.")
        % {"limit": MAX_PATH_CHARS},
        fix=_("Place the unit higher up."),
        field="supervising_unit",
    )


def move_subtree(unit: Organization, parent: Organization | None) -> None:
    """Rewrite the paths of a unit and of everything below it in one statement; the tree is locked.

    Raises:
        UnitRefused: The new paths would be too long.
    """
    old, new = unit.path, path_of(unit.code, parent)
    if old == new:
        return
    subtree = Organization.objects.filter(path__startswith=old)
    deepest = subtree.annotate(chars=Length("path")).order_by("-chars").values_list("chars", flat=True)[0]
    refusal = depth_refusal(new, longest_tail=deepest - len(old))
    if refusal:
        raise refusal
    subtree.update(path=Concat(Value(new), Substr(F("path"), len(old) + 1)))
    unit.path = new
