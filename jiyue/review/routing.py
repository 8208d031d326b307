"""Which route an item takes: data of the policy profiles, of local rules, and of the case itself.

A profile's routes lie in `routes/<profile>.toml`; a subtree's own ones are
`ReviewRoute` rows. Local routes are asked first, then the profiles of the unit
from the nearest one on; among the routes of one source the one with the most
conditions wins. Where none fits, the levels of `review.route` apply.

Source: NT 15-16; HT 二(三); NB 14 (REV-04, REV-05, REV-11).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import StaffRole, UnitKind
from jiyue.organizations.models import Organization
from jiyue.policy.selectors import Rules
from jiyue.review.enums import Office
from jiyue.review.models import ApproverOffice, ReviewRoute
from jiyue.review.submission import Scope

FOLDER = Path(__file__).parent / "routes"
OWN = "own"
DEFAULT_KEY = "default"
# "Other units" than departments and townships (HT 二(三)2).
_OTHER_KINDS = frozenset({UnitKind.PUBLIC_INSTITUTION, UnitKind.SUBORDINATE_UNIT, UnitKind.VERTICAL})


class RouteUnusable(DomainError):
    """A route names an office that no unit holds, or passes too few persons."""

    code = "route_unusable"


@dataclass(frozen=True)
class Level:
    """One level of a route.

    Attributes:
        role: Who decides.
        unit: `own` or an `Office`.
        name: What people call the level; the role's name without one.
        gates: Whether the reviewer's checklist is signed here (REV-13).
        secrecy: Whether the secrecy review takes place here (REV-14).
    """

    role: str
    unit: str = OWN
    name: str = ""
    gates: bool = False
    secrecy: bool = False


@dataclass(frozen=True)
class Route:
    """A way from the submission to the release.

    Attributes:
        key: Stable name.
        name: What people call it.
        clause: Where the regulation says so.
        levels: Levels after the submission, in their order.
        unit_kinds, sorts, sites: What it applies to; empty means any.
        is_for_other_units: Only for items meant for a site run for others (REV-06).
        is_for_portal: Only for items meant for a government portal (REV-05).
        papers: Kinds of signed paper that must be on file (REV-08 to REV-10).
        with_interpretation: A document passes only together with its interpretation (REV-10).
        submitter_role: Who may submit.
    """

    key: str
    name: str
    clause: str
    levels: tuple[Level, ...]
    unit_kinds: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    is_for_other_units: bool = False
    is_for_portal: bool = False
    papers: tuple[str, ...] = ()
    with_interpretation: bool = False
    submitter_role: str = StaffRole.ENTRY_CLERK.value

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Route":
        """Build a route from plain values.

        Raises:
            TypeError, ValueError, KeyError: The values aren't those of a route.
        """
        values = dict(data)
        values["levels"] = tuple(Level(**level) for level in values["levels"])
        for name in ("unit_kinds", "sorts", "sites", "papers"):
            values[name] = tuple(values.get(name, ()))
            if not all(isinstance(entry, str) for entry in values[name]):
                raise TypeError(f"{name} holds texts")
        route = cls(**values)
        words: list[Any] = [route.name, route.clause, *(level.name for level in route.levels)]
        if not all(isinstance(text, str) for text in words):
            raise TypeError("names and clause are texts")
        StaffRole(route.submitter_role)
        if not route.levels:
            raise ValueError("a route needs at least one level after the submission")
        for level in route.levels:
            StaffRole(level.role)
            if level.unit != OWN:
                Office(level.unit)
        return route

    def as_json(self) -> dict[str, Any]:
        """Plain values, as a case keeps them."""
        data = asdict(self)
        data["levels"] = [asdict(level) for level in self.levels]
        for name in ("unit_kinds", "sorts", "sites", "papers"):
            data[name] = list(data[name])
        return data

    def fits(self, unit: Organization, scope: Scope) -> bool:
        """Whether the route applies to an item of `unit`."""
        return (
            (not self.unit_kinds or unit.kind in self.unit_kinds)
            and (not self.sorts or scope.sort in self.sorts)
            and (not self.sites or not scope.site_keys.isdisjoint(self.sites))
            and (not self.is_for_other_units or scope.is_for_other_units)
            and (not self.is_for_portal or scope.is_for_portal)
        )

    @property
    def persons(self) -> int:
        """Persons an item passes, the submitter among them, and the principal leader who signs the paper."""
        signer = StaffRole.PRINCIPAL_LEADER.value
        is_level = any(level.role == signer and level.unit == OWN for level in self.levels)
        return 1 + (bool(self.papers) and not is_level) + len(self.levels)

    @property
    def weight(self) -> tuple[bool, ...]:
        """How closely the route is cut: the sort of content first, then site, target and kind of unit."""
        return (
            bool(self.sorts),
            bool(self.sites),
            self.is_for_other_units,
            self.is_for_portal,
            bool(self.unit_kinds),
        )


@cache
def read_shipped_routes() -> dict[str, tuple[Route, ...]]:
    """Routes of the shipped profiles by profile."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.toml"))}


def _read(path: Path) -> tuple[Route, ...]:
    with path.open("rb") as file:
        return tuple(Route.from_json(entry) for entry in tomllib.load(file).get("route", []))


def list_local_routes(unit: Organization) -> list[Route]:
    """Routes in effect today that the unit or a unit above it set for its subtree, nearest unit first."""
    paths = _line_of(unit)
    rows = (
        ReviewRoute.objects.filter(unit__path__in=paths, effective_on__lte=clock.today())
        .select_related("unit")
        .order_by("version")
    )
    newest = {(row.unit.path, row.key): row for row in rows}
    nearest_first = sorted(newest.values(), key=lambda row: (-len(row.unit.path), row.key))
    return [Route.from_json(row.spec_json) for row in nearest_first if row.spec_json is not None]


def get_local_route(unit: Organization, key: str, day: date) -> Route | None:
    """The unit's own route of that key on a day; None where there is none, or it has ended."""
    row = ReviewRoute.objects.filter(unit=unit, key=key, effective_on__lte=day).order_by("version").last()
    return Route.from_json(row.spec_json) if row is not None and row.spec_json is not None else None


def find_route(unit: Organization, scope: Scope, rules: Rules, *, is_major: bool) -> Route:
    """The route of an item.

    Args:
        unit: Whose item it is.
        scope: What is known about its content.
        rules: The unit's policy values.
        is_major: Whether it is major information; adds the principal leader where the profile says so.

    Raises:
        RouteUnusable: The route passes fewer persons than the unit's rules ask for.

    Source: NT 15-16; HT 二(三); NB 4, 14 (REV-01, REV-04, REV-05, REV-11).
    """
    sources: list[Sequence[Route]] = [list_local_routes(unit)]
    sources += [read_shipped_routes().get(profile, ()) for profile in rules.line]
    fitting = next(filter(None, ([r for r in routes if r.fits(unit, scope)] for routes in sources)), None)
    closest = max(fitting, key=lambda route: route.weight) if fitting else default_route(rules)
    route = _with_principal_leader(closest, rules, is_major)
    needed = needed_persons(unit, rules)
    if route.persons < needed:
        raise RouteUnusable(
            _("The route “%(route)s” passes %(persons)d persons; the rules of %(unit)s ask for %(needed)d.")
            % {
                "route": route.name or route.key,
                "persons": route.persons,
                "unit": unit.name,
                "needed": needed,
            },
            fix=_("Ask the platform manager to mend that route under “Review routes”."),
        )
    return route


def needed_persons(unit: Organization, rules: Rules) -> int:
    """How many persons an item of the unit passes at least, the submitter among them; never fewer than two.

    Source: NT 15; NB 4; HT 二(三)2 (other units than departments and townships); GL 七(一)4.
    """
    key = "review.levels.other_units" if unit.kind in _OTHER_KINDS else "review.levels"
    return max(rules.value(key).number, 2)


def default_route(rules: Rules) -> Route:
    """The levels of `review.route`, for whatever no other route fits."""
    stated = rules.value("review.route")
    submitter, *deciders = stated.items
    levels = [Level(role=role) for role in deciders]
    levels[0] = replace(levels[0], gates=True, secrecy=True)
    return Route(
        key=DEFAULT_KEY, name="", clause=stated.clause, levels=tuple(levels), submitter_role=submitter
    )


def _with_principal_leader(route: Route, rules: Rules, is_major: bool) -> Route:
    """Major information passes the unit's principal leader too (NT 15, REV-04).

    Where the principal leader signs a paper, that is the approval (HT 二(三)2-4).
    """
    extra = rules.value("review.major_extra").text
    is_wanted = extra == "principal_leader_always" or (extra == "principal_leader" and is_major)
    principal = Level(role=StaffRole.PRINCIPAL_LEADER.value)
    is_there = any(level.role == principal.role and level.unit == OWN for level in route.levels)
    if not is_wanted or route.papers or is_there:
        return route
    # behind the unit's own people, before the item leaves the unit
    place = next((n for n, level in enumerate(route.levels) if level.unit != OWN), len(route.levels))
    return replace(route, levels=(*route.levels[:place], principal, *route.levels[place:]))


def find_office(unit: Organization, office: Office) -> Organization:
    """The unit that holds an office for `unit`: named for it or for the nearest unit above.

    Raises:
        RouteUnusable: Nobody was named.
    """
    today = clock.today()
    rows = (
        ApproverOffice.objects.filter(
            governed_unit__path__in=_line_of(unit), office=office, starts_on__lte=today
        )
        .exclude(ends_on__lt=today)
        .select_related("unit", "governed_unit")
    )
    nearest = max(rows, key=lambda row: len(row.governed_unit.path), default=None)
    if nearest is None:
        raise RouteUnusable(
            _("The route of this item needs the %(office)s, but no unit was named for it.")
            % {"office": office.label},
            fix=_("Ask the platform manager to name that unit under “Review routes”."),
        )
    return nearest.unit


def deciding_unit(level: Level, unit: Organization) -> Organization:
    """Whose people decide a level.

    Raises:
        RouteUnusable: The level's office isn't held by any unit.
    """
    return unit if level.unit == OWN else find_office(unit, Office(level.unit))


def list_deciding_levels(route: Route, unit: Organization, rules: Rules) -> list[tuple[Level, Organization]]:
    """Levels of a route as they are laid out for an item of `unit`, each with the unit that decides.

    An office held by the item's own unit doesn't ask a post a second time that
    decided before; what it would have signed is signed on the earlier level.
    As many persons as the rules ask for remain in any case.

    Raises:
        RouteUnusable: An office of the route isn't held by any unit.

    Source: product decision, ADR 8 (NT 16: the government office's own documents).
    """
    laid: list[tuple[Level, Organization]] = []
    spare = route.persons - needed_persons(unit, rules)
    for level in route.levels:
        decider = deciding_unit(level, unit)
        earlier = next((n for n, (one, at) in enumerate(laid) if one.role == level.role and at == unit), None)
        if level.unit == OWN or decider != unit or earlier is None or spare <= 0:
            laid.append((level, decider))
            continue
        before = laid[earlier][0]
        gates, secrecy = before.gates or level.gates, before.secrecy or level.secrecy
        laid[earlier] = (replace(before, gates=gates, secrecy=secrecy), unit)
        spare -= 1
    return laid


def _line_of(unit: Organization) -> list[str]:
    codes = unit.path_codes
    return [f"/{'/'.join(codes[:depth])}/" for depth in range(1, len(codes) + 1)]
