"""Addresses of a site and its channels: for platform managers who govern it, unit A's portal."""

from tests.factories import World
from tests.matrix import Objects, Row, Things, everybody

MANAGERS = everybody(403, platform_manager=200)
DONE = everybody(403, platform_manager=302)
GONE_FOR_MANAGERS = everybody(403, platform_manager=404)


def _host(objects: Objects) -> dict[str, object]:
    return {
        "host": "new.yunlan.example",
        "base_url": "https://new.yunlan.example",
        "port": 9301,
        "confirmed": "on",
    }


def _path(objects: Objects) -> dict[str, object]:
    return {"path": "xinwen", "confirmed": "on"}


ROWS = (
    Row("site_addresses", MANAGERS, GONE_FOR_MANAGERS, ("site",)),
    Row("site_host", MANAGERS, GONE_FOR_MANAGERS, ("site",)),
    Row("site_host", DONE, GONE_FOR_MANAGERS, ("site",), "post", _host),
    Row("channel_move", MANAGERS, GONE_FOR_MANAGERS, ("site", "channel")),
    Row("channel_move", DONE, GONE_FOR_MANAGERS, ("site", "channel"), "post", _path),
)


def make_things(world: World) -> Things:
    """Unit A's portal and a channel of it."""
    return {"site": world.portal, "channel": world.news}
