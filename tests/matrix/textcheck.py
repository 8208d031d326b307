"""The check that the editor asks for."""

from tests.factories import World
from tests.matrix import Objects, Row, Things, everybody

_MAY = {"entry_clerk": 200, "review_lead": 200, "leader_in_charge": 200, "principal_leader": 200}
_MAY_NOT_SEE = {"entry_clerk": 404, "review_lead": 404, "leader_in_charge": 404, "principal_leader": 404}


def _text(objects: Objects) -> dict[str, object]:
    return {"unit": objects.world.unit_a.pk, "title": "布署", "body_html": "<p>布署</p>"}


ROWS = (
    Row("text_check", everybody(403, **_MAY), everybody(403, **_MAY_NOT_SEE), (), "post", _text),
    Row("text_check", everybody(403, **dict.fromkeys(_MAY, 404)), method="post"),
    Row("text_check", everybody(403, **dict.fromkeys(_MAY, 405))),
)


def make_things(world: World) -> Things:
    """Nothing beside the unit."""
    return {"unit": world.unit_a}
