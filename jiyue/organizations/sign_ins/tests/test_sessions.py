from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jiyue.core.models import AuditEntry
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffNotice
from jiyue.organizations.services.authority import GrantRefused, OutsideOwnUnits
from jiyue.organizations.sign_ins.enums import EndReason, FlagKind, FlagResult
from jiyue.organizations.sign_ins.jobs import close_sessions
from jiyue.organizations.sign_ins.models import FlagReview, SignInFlag, StaffSession
from jiyue.organizations.sign_ins.refusals import NotAdministered, TextNeeded
from jiyue.organizations.sign_ins.services import end_sessions_of, review_flag, use_session
from jiyue.organizations.sign_ins.services.flags import ReviewRefused
from jiyue.organizations.sign_ins.services.sessions import over_reason
from jiyue.organizations.sign_ins.tests.conftest import acting, origin
from jiyue.policy.selectors import value
from tests.factories import World, make_account, make_unit

NINE = timezone.make_aware(timezone.datetime(2026, 11, 23, 9, 0))


def flags() -> list[str]:
    return list(SignInFlag.objects.order_by("id").values_list("kind", flat=True))


def test_first_sign_in_is_the_baseline(world: World, begin):
    begin(world.author)
    assert flags() == []


def test_known_device_and_network_raise_nothing(world: World, begin):
    with time_machine.travel(NINE, tick=False) as clock:
        begin(world.author)
        clock.shift(timedelta(days=1))
        begin(world.author, address="10.20.3.99")  # another address of the same network
    assert flags() == []


@pytest.mark.req("ORG-13")
def test_strange_device_and_network_are_flagged_to_the_account_manager(world: World, begin):
    manager = make_account("guan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="账号管理员")
    with time_machine.travel(NINE, tick=False) as clock:
        begin(world.author)
        clock.shift(timedelta(days=1))
        begin(world.author, address="172.16.9.9", device="d2")
    assert flags() == [FlagKind.NEW_DEVICE, FlagKind.NEW_NETWORK]
    notices = StaffNotice.objects.filter(person=manager.person_id)
    assert {notice.path for notice in notices} == {
        f"/security/flags/{flag.pk}/" for flag in SignInFlag.objects.all()
    }
    assert not StaffNotice.objects.filter(person=world.author.person_id).exists()
    assert AuditEntry.objects.filter(verb="sign_in.flagged").count() == 2
    evidence = SignInFlag.objects.first().evidence["sessions"][0]
    assert evidence["address"] == "172.16.9.9"


def test_the_managers_own_flag_goes_to_the_unit_above(begin, db):
    city = make_unit("CITY1", "市")
    bureau = make_unit("BUR01", "局", supervising_unit=city)
    above = make_account("shang", city, StaffRole.ACCOUNT_MANAGER)
    own = make_account("ben", bureau, StaffRole.ACCOUNT_MANAGER)
    begin(own)
    begin(own, device="d2")
    told = set(StaffNotice.objects.filter(topic="sign_in.flag").values_list("person_id", flat=True))
    assert told == {above.person_id}


@pytest.mark.req("ORG-13")
def test_use_at_two_places_at_the_same_time_is_flagged_once(world: World, begin):
    window = timedelta(minutes=value("account.concurrent_window", world.unit_a).number)
    with time_machine.travel(NINE, tick=False) as clock:
        first = begin(world.author)
        second = begin(world.author, device="d2")
        concurrent = SignInFlag.objects.filter(kind=FlagKind.CONCURRENT)
        assert [(flag.session, flag.other_session) for flag in concurrent] == [(second, first)]
        clock.shift(window / 2)
        first.refresh_from_db()
        use_session(session=first, origin=origin())
        assert concurrent.count() == 1


def test_sessions_used_one_after_the_other_are_not_concurrent(world: World, begin):
    window = timedelta(minutes=value("account.concurrent_window", world.unit_a).number)
    with time_machine.travel(NINE, tick=False) as clock:
        begin(world.author)
        clock.shift(window + timedelta(minutes=1))
        begin(world.author, device="d2")
    assert FlagKind.CONCURRENT not in flags()


def test_session_left_open_and_taken_up_again_beside_another_is_flagged(world: World, begin):
    window = timedelta(minutes=value("account.concurrent_window", world.unit_a).number)
    with time_machine.travel(NINE, tick=False) as clock:
        first = begin(world.author)
        clock.shift(window + timedelta(minutes=1))
        begin(world.author, device="d2")
        use_session(session=first, origin=origin())
    assert FlagKind.CONCURRENT in flags()


def test_session_that_moves_to_a_strange_network_is_flagged(world: World, begin):
    session = begin(world.author)
    use_session(session=session, origin=origin(address="198.51.100.4"))
    assert flags() == [FlagKind.NEW_NETWORK]
    session.refresh_from_db()
    assert session.address == "198.51.100.4"


def test_use_is_written_at_most_once_a_minute(world: World, begin, django_assert_num_queries):
    with time_machine.travel(NINE, tick=False) as clock:
        session = begin(world.author)
        clock.shift(timedelta(seconds=59))
        with django_assert_num_queries(0):
            use_session(session=session, origin=origin())
        clock.shift(timedelta(seconds=1))
        use_session(session=session, origin=origin())
    session.refresh_from_db()
    assert session.last_seen_at == NINE + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (timedelta(minutes=29), None),
        (timedelta(minutes=30), EndReason.IDLE),
        (timedelta(hours=12), EndReason.TOO_LONG),
        (timedelta(minutes=-1), None),
        (timedelta(minutes=-3), EndReason.CLOCK),
        (timedelta(days=-400), EndReason.CLOCK),
    ],
)
def test_session_ends_when_idle_when_old_and_when_the_clock_was_set_back(world: World, begin, later, reason):
    with time_machine.travel(NINE, tick=False) as clock:
        session = begin(world.author)
        clock.shift(later)
        assert over_reason(session, origin()) == reason


def test_session_ends_at_its_full_length_however_busy(world: World, begin):
    with time_machine.travel(NINE, tick=False) as clock:
        session = begin(world.author)
        for _step in range(12 * 3):
            clock.shift(timedelta(minutes=20))
            assert session.ended_at is None
            use_session(session=session, origin=origin())
        assert over_reason(session, origin()) == EndReason.TOO_LONG


def test_sweep_closes_what_nobody_came_back_to(world: World, begin):
    with time_machine.travel(NINE, tick=False) as clock:
        idle = begin(world.author)
        clock.shift(timedelta(minutes=31))
        fresh = begin(world.lead)
        assert list(close_sessions()) == [1]
    idle.refresh_from_db()
    fresh.refresh_from_db()
    assert (idle.end_reason, fresh.ended_at) == (EndReason.IDLE, None)


def test_administrator_ends_sessions_of_the_own_unit_only(world: World, begin):
    stranger = begin(world.other_author)
    mine = begin(world.author)
    assert end_sessions_of(account=world.author, actor=acting(world.manager)) == 1
    with pytest.raises(OutsideOwnUnits):
        end_sessions_of(account=world.other_author, actor=acting(world.manager))
    mine.refresh_from_db()
    stranger.refresh_from_db()
    assert mine.end_reason == EndReason.ENDED_BY_ADMINISTRATOR
    assert stranger.ended_at is None
    assert AuditEntry.objects.filter(verb="session.ended", subject_id=str(mine.pk)).exists()


def test_nobody_without_an_administering_role_ends_anybody_elses_session(world: World, begin):
    begin(world.lead)
    with pytest.raises(OutsideOwnUnits):
        end_sessions_of(account=world.lead, actor=acting(world.author))


def test_account_manager_does_not_end_the_platform_managers_session(world: World, begin):
    manager = make_account("guan", world.unit_a, StaffRole.ACCOUNT_MANAGER)
    begin(world.manager)
    with pytest.raises(GrantRefused):
        end_sessions_of(account=world.manager, actor=acting(manager))


def test_session_ids_of_another_account_are_not_ended_along(world: World, begin):
    own, foreign = begin(world.author), begin(world.lead)
    ended = end_sessions_of(
        account=world.author, actor=acting(world.author), session_ids=[own.pk, foreign.pk]
    )
    foreign.refresh_from_db()
    assert (ended, foreign.ended_at) == (1, None)


def test_suspended_administrator_ends_nobodys_session(world: World, begin):
    begin(world.author)
    world.manager.status = "suspended"
    world.manager.save()
    with pytest.raises(OutsideOwnUnits):
        end_sessions_of(account=world.author, actor=acting(world.manager))


def flagged(world: World, begin) -> SignInFlag:
    begin(world.author)
    begin(world.author, device="d2", address="172.16.9.9")
    return SignInFlag.objects.first()


@pytest.mark.req("ORG-13")
def test_review_result_is_kept_and_never_changed(world: World, begin):
    flag = flagged(world, begin)
    review = review_flag(flag_id=flag.pk, result=FlagResult.LENT, note="已约谈", actor=acting(world.manager))
    with pytest.raises(ReviewRefused):
        review_flag(flag_id=flag.pk, result=FlagResult.LEGITIMATE, note="改口", actor=acting(world.manager))
    for statement in (
        "UPDATE sign_ins_flagreview SET result = 'legitimate'",
        "DELETE FROM sign_ins_flagreview",
        "UPDATE sign_ins_signinflag SET is_open = (1 = 1) WHERE is_open = (1 = 0)",
        "DELETE FROM sign_ins_signinflag",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert FlagReview.objects.get().result == review.result == FlagResult.LENT
    assert AuditEntry.objects.filter(verb="sign_in.flag_reviewed").count() == 1


@pytest.mark.req("ORG-13")
def test_nobody_reviews_a_flag_about_themselves_or_of_another_unit(world: World, begin):
    begin(world.manager)
    begin(world.manager, device="d2")
    flag = SignInFlag.objects.all()[0]
    with pytest.raises(ReviewRefused):
        review_flag(flag_id=flag.pk, result=FlagResult.LEGITIMATE, note="我自己", actor=acting(world.manager))
    outside = make_account("wai", world.unit_b, StaffRole.PLATFORM_MANAGER)
    with pytest.raises(NotAdministered):
        review_flag(flag_id=flag.pk, result=FlagResult.LEGITIMATE, note="外单位", actor=acting(outside))
    with pytest.raises(IntegrityError), transaction.atomic():
        FlagReview.objects.create(
            flag=flag,
            person=flag.person,
            reviewer=world.manager,
            reviewer_person=flag.person,
            result=FlagResult.LEGITIMATE,
            note="绕过服务",
            reviewed_at=NINE,
        )


@pytest.mark.parametrize("note", ["", "   ", "长" * 2_001])
def test_review_needs_a_note_of_sensible_length(world: World, begin, note):
    flag = flagged(world, begin)
    with pytest.raises(TextNeeded):
        review_flag(flag_id=flag.pk, result=FlagResult.LENT, note=note, actor=acting(world.manager))
    assert not FlagReview.objects.exists()


def test_an_ended_session_is_not_opened_again_and_none_disappears(world: World, begin):
    session = begin(world.author)
    end_sessions_of(account=world.author, actor=acting(world.author))
    for change in ("ended_at = NULL, end_reason = ''", "end_reason = 'idle'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE sign_ins_staffsession SET {change}")  # fixed texts
    with pytest.raises(IntegrityError), transaction.atomic():
        session.delete()
    assert StaffSession.objects.get().end_reason == EndReason.ENDED_BY_SELF
