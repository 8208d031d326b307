"""To-do lists, clocks, evidence, messages and the board of scheduled jobs."""

from datetime import timedelta

from jiyue.core import audit, clock
from jiyue.obligations.services import Owed, open_obligation
from jiyue.organizations.models import StaffNotice
from tests.factories import World
from tests.matrix import GONE, Row, Things, everybody

EVIDENCE = everybody(200, entry_clerk=403, review_lead=403, co_regulation_contact=403, general_owner=403)
ONLY_OVERSIGHT = everybody(403, platform_manager=200, inspector=200)
ROWS = (
    Row("obligation_list", everybody(200)),
    Row("obligation_list", everybody(200), query=lambda objects: "?show=below&standing=late"),
    Row("obligation_detail", everybody(200), GONE, ("obligation",)),
    Row("obligation_excuse", everybody(200), GONE, ("obligation",)),
    Row(
        "obligation_excuse",
        everybody(302, entry_clerk=200, co_regulation_contact=200, general_owner=200),
        GONE,
        ("obligation",),
        "post",
        lambda objects: {"reason": "停电"},
    ),
    Row("obligation_evidence", EVIDENCE),
    Row("obligation_evidence_export", EVIDENCE),
    Row("notice_list", everybody(200)),
    Row("notice_read", everybody(302)),
    Row(
        "notice_read",
        everybody(302),
        method="post",
        data=lambda objects: {"id": objects.key("notice")},
    ),
    Row("schedule_board", ONLY_OVERSIGHT),
)


def make_things(world: World) -> Things:
    """A clock and a message of unit A."""
    obligation = open_obligation(
        owed=Owed("content_task.delivery", "thing", "1", "报送材料", world.unit_a),
        opened_at=clock.now(),
        due_at=clock.now() + timedelta(days=20),
        actor=audit.PLATFORM,
    )
    notice = StaffNotice.objects.create(
        person=world.lead.person, topic="obligation", title="提醒", key="k", created_at=clock.now()
    )
    return {"obligation": obligation, "notice": notice}
