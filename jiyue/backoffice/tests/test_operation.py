"""The board of operation, the alarms and their handling, the backups."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from jiyue.backoffice.alarm_words import describe_details, how_it_ended
from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import alarms, clock
from jiyue.core.models import Alarm, AlarmState
from jiyue.core.worker import ALIVE
from jiyue.operations import alarm_kinds as kinds
from jiyue.operations.models import BackupRun, RestoreTest, RunResult
from jiyue.organizations.enums import StaffRole
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db


def test_board_shows_what_is_wrong_first(world: World) -> None:
    alarms.raise_alarm(kinds.MEMORY_LOW, "platform")
    alarms.raise_alarm(kinds.DISK_LOW, "/srv/jiyue", details={"free_percent": 3.5})
    ALIVE.announce("inner:77")
    page = both_factors(world.manager).get(reverse("backoffice:operation_board")).content.decode()
    assert page.index("/srv/jiyue") < page.index("inner:77")
    rows = [page.index(str(alarms.KINDS.get(kind).label)) for kind in (kinds.DISK_LOW, kinds.MEMORY_LOW)]
    assert rows == sorted(rows)  # the grave one first, though it came later


@pytest.mark.req("SEC-14")
def test_handling_asks_for_words_keeps_them_and_happens_once(world: World) -> None:
    alarm = alarms.raise_alarm(kinds.DISK_LOW, "/srv/jiyue")
    client = both_factors(world.manager)
    address = reverse("backoffice:alarm_detail", args=[alarm.pk])
    assert client.post(address, {"handling": "   "}).status_code == 422
    assert client.post(address, {"handling": "清理了旧日志"}).status_code == 302
    again = client.post(address, {"handling": "我也清理了"})
    assert again.status_code == 422
    alarm.refresh_from_db()
    assert (alarm.state, alarm.handling) == (AlarmState.HANDLED, "清理了旧日志")
    page = client.get(address).content.decode()
    assert "清理了旧日志" in page
    assert world.manager.person.name in page


def test_facts_of_an_alarm_have_units_and_its_end_is_told_in_words() -> None:
    details = {
        "seen_at": "2026-11-21T01:30:00+00:00",
        "bytes": 3 * 1024**3,
        "free_percent": 3.5,
        "state": "open",
    }
    with override("en"):
        alarm = alarms.raise_alarm(kinds.WORKER_SILENT, "inner:77", details=details | {"found_sm3": ""})
        shown = dict(describe_details(alarm))
        assert list(shown.values()) == ["2026-11-21 09:30", "3.0 GB", "3.5 %", "being restored"]
    alarms.end_alarm(kinds.WORKER_SILENT, "inner:77", how="backup b-1 was restored")
    alarm.refresh_from_db()
    with override("en"):
        assert how_it_ended(alarm) == "backup b-1 was restored"


def test_alarms_of_foreign_sites_are_in_no_list(world: World) -> None:
    alarms.raise_alarm(kinds.QUEUE_STUCK, "本站的队列", site_key=world.portal.key)
    stranger = both_factors(make_account("fremd", world.unit_b, StaffRole.PLATFORM_MANAGER))
    for name in ("operation_board", "alarm_list"):
        assert "本站的队列" not in stranger.get(reverse(f"backoffice:{name}")).content.decode()
        assert "本站的队列" in both_factors(world.manager).get(reverse(f"backoffice:{name}")).content.decode()


def test_backups_show_results_errors_and_tests(world: World) -> None:
    now = clock.now()
    for name, result, error in (("good-1", RunResult.GOOD, ""), ("bad-2", RunResult.FAILED, "No space left")):
        BackupRun.objects.create(
            name=name,
            target="/backup",
            result=result,
            started_at=now,
            finished_at=now,
            digest="1" * 64 if not error else "",
            error=error,
        )
    RestoreTest.objects.create(
        backup_name="good-1",
        backup_digest="1" * 64,
        backup_made_at=now,
        result=RunResult.GOOD,
        tested_at=now,
        duration_ms=10,
    )
    page = both_factors(world.inspector).get(reverse("backoffice:backup_list")).content.decode()
    for words in ("good-1", "bad-2", "No space left", "JIYUE_BACKUP_DIR"):
        assert words in page
    assert Alarm.objects.count() == 0
