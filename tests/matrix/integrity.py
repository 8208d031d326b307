"""The tamper watch: state of every site, and having files compared."""

from tests.factories import World
from tests.matrix import Row, Things, everybody

MAY_SEE = everybody(403, platform_manager=200, inspector=200)
MAY_ASK = everybody(403, platform_manager=302, inspector=302)
ELSEWHERE = {role: 404 if status == 302 else status for role, status in MAY_ASK.items()}
ROWS = (
    Row("integrity", MAY_SEE),
    Row("integrity", MAY_SEE, query=lambda objects: "?show=open"),
    Row("integrity_sweep", MAY_ASK, MAY_ASK, ("integrity_site",)),
    Row("integrity_sweep", MAY_ASK, ELSEWHERE, ("integrity_site",), "post"),
)


def make_things(world: World) -> Things:
    """A site of unit A; who oversees other units has nothing of it compared."""
    return {"integrity_site": world.portal}
