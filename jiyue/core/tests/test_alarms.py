import pytest
from django.utils.translation import gettext_lazy as _

from jiyue.core import alarms
from jiyue.core.errors import DomainError
from jiyue.core.models import Alarm, AlarmState, AuditEntry
from tests.factories import World

pytestmark = pytest.mark.django_db
KIND = "test.kettle"


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = alarms.AlarmKind(label=_("alarm"), advice=_("Load the page again."))
    monkeypatch.setitem(alarms.KINDS._entries, KIND, kind)


def test_same_thing_counts_up_and_tells_nobody_again(monkeypatch):
    told = []
    monkeypatch.setattr(alarms.RAISED, "_listeners", [told.append])
    first = alarms.raise_alarm(KIND, "kitchen", details={"degrees": 99})
    again = alarms.raise_alarm(KIND, "kitchen", details={"degrees": 101})
    other = alarms.raise_alarm(KIND, "hall")
    assert (again.pk, again.times, again.details) == (first.pk, 2, {"degrees": 101})
    assert [alarm.pk for alarm in told] == [first.pk, other.pk]
    assert AuditEntry.objects.filter(verb="alarm.raised").count() == 2


def test_alarm_of_unknown_kind_is_a_mistake_of_ours():
    with pytest.raises(LookupError):
        alarms.raise_alarm("test.nothing", "kitchen")


def test_ended_alarm_is_kept_and_the_same_thing_raises_a_new_one():
    alarms.raise_alarm(KIND, "kitchen")
    assert alarms.end_alarm(KIND, "kitchen", how="it boiled")
    assert not alarms.end_alarm(KIND, "kitchen", how="it boiled")
    alarms.raise_alarm(KIND, "kitchen")
    assert sorted(Alarm.objects.values_list("state", flat=True)) == [AlarmState.OPEN, AlarmState.OVER]


def test_handling_needs_words_and_happens_once(world: World):
    alarm = alarms.raise_alarm(KIND, "kitchen")
    with pytest.raises(DomainError):
        alarms.handle_alarm(alarm_id=alarm.pk, handling=" ", actor=world.manager.audit_actor())
    alarms.handle_alarm(alarm_id=alarm.pk, handling="已断电", actor=world.manager.audit_actor())
    with pytest.raises(alarms.AlarmEnded):
        alarms.handle_alarm(alarm_id=alarm.pk, handling="已断电", actor=world.manager.audit_actor())
    alarm.refresh_from_db()
    assert (alarm.state, alarm.handled_by_person_id) == (AlarmState.HANDLED, world.manager.person_id)
    assert AuditEntry.objects.filter(verb="alarm.handled", subject_id=str(alarm.pk)).count() == 1
