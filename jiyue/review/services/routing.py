"""Setting the routes of a subtree: two persons each time (REV-11)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit, clock, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.enums import EDITING_ROLES, REVIEWING_ROLES, UnitKind
from jiyue.organizations.models import Organization
from jiyue.organizations.services.profiles import decider_refusal, rules_refusal
from jiyue.policy.selectors import read_rules
from jiyue.policy.services import effective_date_refusal
from jiyue.review.enums import PaperKind, SortOfContent
from jiyue.review.models import ReviewRoute
from jiyue.review.route_wording import route_rows
from jiyue.review.routing import Route, deciding_unit, get_local_route, needed_persons

ROUTE_TOPIC = "review.route"
MAX_LEVELS = 9  # more than any regulation knows; a limit against slips
MAX_NAME_CHARS = 100
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}\Z")


class RouteRefused(DomainError):
    """A route, an office or a rule that can't be set like this."""

    code = "route_refused"


def parse_route(key: str, spec: Mapping[str, Any]) -> Route:
    """Make a route of what was entered.

    Args:
        key: Its name in the unit, in small letters, digits, dots and hyphens.
        spec: Fields of `Route` without the key, as in `routes/*.toml`.

    Raises:
        RouteRefused: It isn't a route, or lacks what every review has.

    Source: GL 七(一)4; NT 15, 17; GL 二(二)2 (REV-01, REV-11, REV-13, REV-14).
    """
    if not _KEY.match(key):
        raise RouteRefused(
            _("The key of a route has at most 60 small letters, digits, dots and hyphens."),
            fix=_("For example: notices.schools"),
            field="key",
        )
    try:
        route = Route.from_json({**spec, "key": key})
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise RouteRefused(
            _("This isn't a complete route: %(error)s.") % {"error": error},
            fix=_("Give it a name, a clause and at least one level with role and office."),
            field="levels",
        ) from error
    refusal = _words_refusal(route) or _conditions_refusal(route) or _levels_refusal(route)
    if refusal:
        raise refusal
    return route


def _words_refusal(route: Route) -> RouteRefused | None:
    words = [(route.name, MAX_NAME_CHARS), (route.clause, MAX_NAME_CHARS)]
    words += [(level.name, MAX_NAME_CHARS) for level in route.levels]
    is_wrong = any(len(text) > limit for text, limit in words)
    if is_wrong or not route.name.strip():
        return RouteRefused(
            _("A route needs a name; name, clause and the names of levels have at most 100 characters."),
            fix=_("Give the route a name of its own and shorten what is too long."),
            field="name",
        )
    return None


def _conditions_refusal(route: Route) -> RouteRefused | None:
    known = (
        ("unit_kinds", route.unit_kinds, UnitKind.values),
        ("sorts", route.sorts, SortOfContent.values),
        ("papers", route.papers, PaperKind.values),
        ("submitter_role", [route.submitter_role], EDITING_ROLES),
    )
    for field, given, allowed in known:
        if not set(given) <= set(allowed):
            return RouteRefused(
                _("The route names something the platform doesn't know."),
                fix=_("Choose from the lists."),
                field=field,
            )
    return None


def _levels_refusal(route: Route) -> RouteRefused | None:
    if len(route.levels) > MAX_LEVELS:
        return RouteRefused(
            _("A route has at most %(count)d levels.") % {"count": MAX_LEVELS},
            fix=_("Leave the others out."),
            field="levels",
        )
    if any(level.role not in REVIEWING_ROLES for level in route.levels):
        return RouteRefused(
            _("Only reviewers decide on a level: review lead, leader in charge or principal leader."),
            fix=_("Choose one of them for every level."),
            field="levels",
        )
    if not any(level.gates for level in route.levels) or not any(level.secrecy for level in route.levels):
        return RouteRefused(
            _("At least one level signs the checklist, and at least one makes the secrecy review."),
            fix=_("Tick both for the level that does them."),
            field="levels",
        )
    return None


def route_refusal(unit: Organization, route: Route) -> DomainError | None:
    """Say why a well-formed route can't apply to `unit`, or None.

    Raises:
        RouteUnusable: One of its offices isn't held by any unit.

    Source: NT 15; NB 4; HT 二(三)2; GL 七(一)4 (REV-01).
    """
    for level in route.levels:
        deciding_unit(level, unit)
    kinds = route.unit_kinds or UnitKind.values
    rules = read_rules(unit)
    needed = max(needed_persons(Organization(kind=kind), rules) for kind in kinds)
    if route.persons >= needed:
        return None
    return RouteRefused(
        _("The route passes %(persons)d persons; the rules of %(unit)s ask for %(needed)d different ones.")
        % {"persons": route.persons, "unit": unit.name, "needed": needed},
        fix=_("Add a level."),
        field="levels",
    )


@transaction.atomic
def propose_route(
    *,
    unit: Organization,
    key: str,
    spec: Mapping[str, Any] | None,
    effective_on: date,
    reason: str,
    actor: AuditActor,
) -> TwoPersonChange:
    """Ask for a route of a unit's subtree; a second person decides on it.

    Cases that are open on the day keep the route they were opened with.

    Args:
        unit: Top of the subtree.
        key: Name of the route in the unit; an existing one gets a new version.
        spec: Fields of the route, as in `routes/*.toml`; None ends it.
        effective_on: First day.
        reason: Why.
        actor: Platform manager of the unit or above.

    Raises:
        RulesRefused: Not the actor's unit.
        RouteRefused, RouteUnusable: Not a route that could work there.
        ValueRefused: A day that has passed.
        ReasonNeeded, AlreadyProposed, SamePerson: As for every two-person change.

    Source: NT 15-16; HT 二(三); NB 14 (REV-11).
    """
    refusal = rules_refusal(actor, unit) or effective_date_refusal(effective_on)
    if refusal:
        raise refusal
    before = get_local_route(unit, key, effective_on)
    route = _checked(unit, key, spec, before)
    return two_person.propose(
        topic=ROUTE_TOPIC,
        subject_type="review_route",
        subject_key=f"{unit.pk}:{key}",
        title=_("Review route “%(route)s” of %(unit)s")
        % {"route": (route or before).name, "unit": unit.name},  # type: ignore[union-attr]  # one of them is there
        payload={
            "unit": unit.pk,
            "key": key,
            "spec": route.as_json() if route else None,
            "effective_on": effective_on.isoformat(),
            "before": before.as_json() if before else None,
        },
        reason=reason,
        actor=actor,
        unit_id=unit.pk,
    )


def _checked(
    unit: Organization, key: str, spec: Mapping[str, Any] | None, before: Route | None
) -> Route | None:
    if spec is None:
        if before is None:
            raise RouteRefused(
                _("%(unit)s has no route of this name.") % {"unit": unit.name},
                fix=_("Reload the list of routes."),
                field="key",
            )
        return None
    route = parse_route(key, spec)
    refusal = route_refusal(unit, route)
    if refusal:
        raise refusal
    return route


class RouteTopic:
    """The two-person change of a route."""

    label: Promise = gettext_lazy("review route")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Platform managers and inspectors of the unit or above see and decide it."""
        return decider_refusal(actor, _unit_of(change))

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """Every field of the route that has a value before or after, and the day."""
        payload = change.payload
        old = dict(route_rows(Route.from_json(payload["before"]))) if payload["before"] else {}
        new = dict(route_rows(Route.from_json(payload["spec"]))) if payload["spec"] else {}
        rows = [(label, old.get(label, ""), new.get(label, "")) for label in {**old, **new}]
        if not new:
            rows.append((_("Route"), "", _("ends; the route above it or of the profile applies again")))
        return [*rows, (_("Effective on"), "", date_format(date.fromisoformat(payload["effective_on"])))]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Store the version; unit, offices and day are looked at once more."""
        payload, unit = change.payload, _unit_of(change)
        effective_on = date.fromisoformat(payload["effective_on"])
        refusal = effective_date_refusal(effective_on)
        if payload["spec"] is not None:
            refusal = refusal or route_refusal(unit, Route.from_json(payload["spec"]))
        if refusal:
            raise refusal
        _store(unit, payload["key"], payload["spec"], effective_on, change.pk, actor)


def _unit_of(change: TwoPersonChange) -> Organization:
    return Organization.objects.get(pk=change.payload["unit"])


def _store(
    unit: Organization,
    key: str,
    spec: Mapping[str, Any] | None,
    effective_on: date,
    change_id: int | None,
    actor: AuditActor,
) -> ReviewRoute:
    Organization.objects.select_for_update().get(pk=unit.pk)  # versions are counted one after the other
    latest = ReviewRoute.objects.filter(unit=unit, key=key).aggregate(Max("version"))["version__max"] or 0
    row = ReviewRoute.objects.create(
        unit=unit,
        key=key,
        version=latest + 1,
        spec_json=spec,
        effective_on=effective_on,
        change_id=change_id,
        created_at=clock.now(),
    )
    audit.record(
        actor=actor,
        verb="review_route.set" if spec else "review_route.ended",
        subject_type="unit",
        subject_id=unit.pk,
        key=key,
        version=row.version,
        route=dict(spec) if spec else None,
        effective_on=effective_on.isoformat(),
        change=change_id,
    )
    return row


@transaction.atomic
def set_up_route(*, unit: Organization, key: str, spec: Mapping[str, Any], actor: AuditActor) -> ReviewRoute:
    """Give a unit a route while the platform is set up; later it takes two persons.

    Raises:
        RouteRefused: A person asks, the route exists, or isn't one that could work there.
        RouteUnusable: One of its offices isn't held by any unit.
    """
    if actor.account_id is not None or ReviewRoute.objects.filter(unit=unit, key=key).exists():
        raise RouteRefused(
            _("The first routes are set when the platform is set up; later it takes two persons."),
            fix=_("Propose the change."),
        )
    route = _checked(unit, key, spec, None)
    return _store(unit, key, route.as_json() if route else None, clock.today(), None, actor)


_TOPIC = RouteTopic()


def register() -> None:
    """Register the topic; called when the room starts."""
    two_person.TOPICS.register(ROUTE_TOPIC, _TOPIC)
