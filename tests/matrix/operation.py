"""The running of the platform: board, alarms, backups. An alarm of a site is its unit's."""

from jiyue.core import alarms
from jiyue.operations.alarm_kinds import QUEUE_STUCK
from tests.factories import World
from tests.matrix import Objects, Row, Things, everybody

ONLY_OVERSIGHT = everybody(403, platform_manager=200, inspector=200)
NOT_THEIRS = everybody(403, platform_manager=404, inspector=404)


def _handling(objects: Objects) -> dict[str, object]:
    return {"handling": "重启了处理程序"}


ROWS = (
    Row("operation_board", ONLY_OVERSIGHT),
    Row("alarm_list", ONLY_OVERSIGHT),
    Row("backup_list", ONLY_OVERSIGHT),
    Row("alarm_detail", ONLY_OVERSIGHT, NOT_THEIRS, ("alarm",)),
    Row("alarm_detail", everybody(403, platform_manager=302), NOT_THEIRS, ("alarm",), "post", _handling),
    # nothing written: the form comes back
    Row("alarm_detail", everybody(403, platform_manager=422, inspector=422), NOT_THEIRS, ("alarm",), "post"),
    Row("alarm_detail", everybody(403, platform_manager=404, inspector=404), None, ("no_alarm",)),
)


def make_things(world: World) -> Things:
    """An alarm about a site of unit A."""
    alarm = alarms.raise_alarm(QUEUE_STUCK, "urgent", site_key=world.portal.key)
    return {"alarm": alarm.pk, "no_alarm": alarm.pk + 1000}
