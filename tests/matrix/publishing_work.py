"""The publishing queue: everybody looks, who oversees sees batches, the platform manager handles them.

Moments of release belong to the unit's clerks and leaders; others of the unit
are refused with the reason.
"""

from datetime import timedelta

from django.utils import timezone

from jiyue.core import clock
from jiyue.publishing import topics
from jiyue.publishing.work.batches import Work, open_batch
from jiyue.publishing.work.enums import BatchKind
from tests.factories import World
from tests.matrix import GONE, Objects, Row, Things, everybody

OVERSEEING = everybody(403, platform_manager=200, inspector=200)
PLANNING = {"entry_clerk": 200, "leader_in_charge": 200, "principal_leader": 200}
PLANNED = {"entry_clerk": 302, "leader_in_charge": 302, "principal_leader": 302}


def _tomorrow(objects: Objects) -> dict[str, object]:
    moment = timezone.localtime(clock.now() + timedelta(days=1))
    return {"release_at": f"{moment:%Y-%m-%dT%H:%M:%S}"}


OVERSEEN_ELSEWHERE = {role: 404 if status == 200 else status for role, status in OVERSEEING.items()}
HANDLED_ELSEWHERE = everybody(403, platform_manager=404)

ROWS = (
    Row("publishing_queue", everybody(200)),
    Row("publishing_batch", OVERSEEING, OVERSEEN_ELSEWHERE, ("work_batch",)),
    Row("publishing_batch_act", everybody(403, platform_manager=302), HANDLED_ELSEWHERE, ("work_batch",)),
    Row(
        "publishing_batch_act",
        everybody(403, platform_manager=302),
        HANDLED_ELSEWHERE,
        ("work_batch",),
        "post",
        lambda objects: {"act": "pause"},
    ),
    Row("case_release", everybody(302, **PLANNING), GONE, ("work_case",)),
    Row("case_release", everybody(409, **PLANNED), GONE, ("work_case",), "post", _tomorrow),
)


def make_things(world: World) -> Things:
    """A batch of the portal, and a case of unit A in review."""
    work = [Work(topics.HOME, str(world.portal.pk))]
    return {
        "work_batch": open_batch(kind=BatchKind.REPAIR, site_id=world.portal.pk, work=work),
        "work_case": world.submitted(title="定时发布的稿件"),
    }
