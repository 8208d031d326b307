"""Days of mourning: for those who look after the site, unit A's portal."""

from datetime import timedelta

from jiyue.core import clock
from jiyue.organizations.enums import StaffRole
from jiyue.sites.mourning import order_mourning
from tests.factories import World, make_account
from tests.matrix import Objects, Row, Things, everybody

KEEPERS = everybody(403, review_lead=200, platform_manager=200, general_owner=200)
DONE = everybody(403, review_lead=302, platform_manager=302, general_owner=302)
GONE_FOR_KEEPERS = everybody(403, review_lead=404, platform_manager=404, general_owner=404)


def _order(objects: Objects) -> dict[str, object]:
    day = f"{clock.now() + timedelta(days=9):%Y-%m-%d}"
    return {
        "sites": [objects.world.portal.pk],
        "starts_at": f"{day}T00:00:00",
        "ends_at": f"{day}T23:59:59",
        "reason": "试",
    }


ROWS = (
    Row("mourning", KEEPERS),
    Row("mourning", DONE, KEEPERS, method="post", data=_order),
    Row("mourning_end", DONE, GONE_FOR_KEEPERS, ("period",)),
    Row("mourning_end", DONE, GONE_FOR_KEEPERS, ("period",), "post"),
)


def make_things(world: World) -> Things:
    """A period of the portal that is still to come."""
    keeper = make_account("mourning-manager", world.unit_a, StaffRole.PLATFORM_MANAGER)
    (period,) = order_mourning(
        sites=[world.portal],
        starts_at=clock.now() + timedelta(days=3),
        ends_at=clock.now() + timedelta(days=4),
        reason="试",
        actor=keeper,
    )
    return {"period": period}
