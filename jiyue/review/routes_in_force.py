"""Every route that may apply to a unit, with its origin: what administrators look at (REV-11)."""

from dataclasses import dataclass

from jiyue.core import clock
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_line_upward
from jiyue.policy.selectors import read_rules
from jiyue.review.models import ReviewRoute
from jiyue.review.routing import Route, default_route, read_shipped_routes


@dataclass(frozen=True)
class RouteInForce:
    """One route and where it comes from.

    Attributes:
        route: The route.
        unit: The unit that set it for its subtree; None where a profile states it.
        profile: Code of that profile, or of the defaults.
    """

    route: Route
    unit: Organization | None = None
    profile: str = ""


def list_routes_in_force(unit: Organization) -> list[RouteInForce]:
    """Routes in the order in which they are asked: own and higher units' routes, profiles, levels by default.

    Source: NT 15-16; HT 二(三); NB 14 (REV-11).
    """
    line = {above.pk: above for above in [unit, *get_line_upward(unit)]}
    rows = ReviewRoute.objects.filter(unit__in=line, effective_on__lte=clock.today()).order_by("version")
    newest = {(row.unit_id, row.key): row for row in rows}
    own = sorted(newest.values(), key=lambda row: (-len(line[row.unit_id].path), row.key))
    found = [
        RouteInForce(Route.from_json(row.spec_json), unit=line[row.unit_id])
        for row in own
        if row.spec_json is not None
    ]
    rules = read_rules(unit)
    for profile in rules.line:
        found += [RouteInForce(route, profile=profile) for route in read_shipped_routes().get(profile, ())]
    stated = rules.value("review.route")
    return [*found, RouteInForce(default_route(rules), profile=stated.origin)]
