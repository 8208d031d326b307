"""Accounts nobody uses are warned, disabled, and come back on a written explanation (ORG-12)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiyue.core import audit, clock
from jiyue.core.models import AuditEntry, PrivateFile
from jiyue.organizations.enums import AccountStatus, ApplicationStatus, StaffRole
from jiyue.organizations.models import IdleExplanation, StaffAccount, StaffNotice
from jiyue.organizations.services.accounts import AccountRefused, TwoPersonsNeeded, reactivate_account
from jiyue.organizations.services.authority import GrantRefused, LastManager, OutsideOwnUnits
from jiyue.organizations.services.explanations import (
    ExplanationRefused,
    accept_explanation,
    file_explanation,
    refuse_explanation,
)
from jiyue.organizations.services.idle import (
    day_after_term,
    disable_account,
    idle_refusal,
    last_day_of,
    sweep_idle_accounts,
)
from jiyue.organizations.tests.test_roles import bind
from jiyue.policy.selectors import read_rules
from jiyue.policy.terms import Term, TermUnit
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def seen(account: StaffAccount, day: date) -> None:
    """As if the account was opened long ago and last used on `day`."""
    long_ago = datetime(2020, 1, 1, tzinfo=SHANGHAI)
    StaffAccount.objects.filter(pk=account.pk).update(
        opened_at=long_ago, status_since=long_ago, last_seen_on=day
    )


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 0, 10, tzinfo=SHANGHAI)


def status_of(account: StaffAccount) -> str:
    return StaffAccount.objects.get(pk=account.pk).status


def letter(world: World) -> PrivateFile:
    return PrivateFile.objects.create(
        purpose="account.idle_explanation",
        unit_id=world.unit_a.pk,
        original_name="说明.pdf",
        content_type="application/pdf",
        size_bytes=1,
        sm3="0" * 64,
        stored_at=clock.now(),
    )


@pytest.mark.unit
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 8, 22), date(2026, 11, 22)),
        (date(2026, 8, 31), date(2026, 11, 30)),
        (date(2027, 11, 30), date(2028, 2, 29)),  # a leap year
        (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2028, 2, 29), date(2028, 5, 29)),
        (date(2026, 12, 31), date(2027, 3, 31)),
    ],
)
def test_months_are_counted_by_the_calendar(start, end):
    assert day_after_term(start, Term(3, TermUnit.MONTHS)) == end
    assert day_after_term(start, Term(2, TermUnit.WEEKS)) == start + timedelta(days=14)
    with pytest.raises(ValueError, match="working_days"):
        day_after_term(start, Term(1, TermUnit.WORKING_DAYS))


@pytest.mark.req("ORG-12")
def test_three_months_without_sign_in_disable_the_account_on_the_day_after(world, time_machine):
    bind(world.unit_a, "NB")
    clerk = world.author
    seen(clerk, date(2026, 8, 31))
    time_machine.move_to(at(date(2026, 11, 30)))
    list(sweep_idle_accounts())
    assert status_of(clerk) == AccountStatus.ACTIVE
    time_machine.move_to(at(date(2026, 12, 1)))
    list(sweep_idle_accounts())
    clerk.refresh_from_db()
    assert clerk.status == AccountStatus.DISABLED
    assert "2026-11-30" in clerk.status_reason
    assert AuditEntry.objects.filter(verb="account.disabled", subject_id=str(clerk.pk)).count() == 1
    assert StaffNotice.objects.filter(person=clerk.person, topic="account.disabled").count() == 1
    with pytest.raises(AccountRefused):
        reactivate_account(account=clerk, reason="请恢复", actor=world.manager.audit_actor())

    # the way back: written explanation, commitment, approval of the unit above
    actor = world.lead.audit_actor()
    with pytest.raises(ExplanationRefused) as refusal:
        file_explanation(account=clerk, letter=letter(world), commitment=" ", actor=actor)
    assert refusal.value.field == "commitment"
    with pytest.raises(OutsideOwnUnits):
        file_explanation(
            account=clerk, letter=letter(world), commitment="x", actor=world.other_lead.audit_actor()
        )
    explanation = file_explanation(
        account=clerk, letter=letter(world), commitment="今后每周登录", actor=actor
    )
    with pytest.raises(ExplanationRefused):
        file_explanation(account=clerk, letter=letter(world), commitment="再次", actor=actor)
    for wrong in (actor, world.leader.audit_actor(), world.other_lead.audit_actor()):
        with pytest.raises((ExplanationRefused, OutsideOwnUnits)):
            accept_explanation(explanation=explanation, actor=wrong)
    accept_explanation(explanation=explanation, actor=world.manager.audit_actor())
    clerk.refresh_from_db()
    assert clerk.is_active
    assert last_day_of(clerk, read_rules(world.unit_a)) == date(2027, 3, 1)
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert verbs >= {"idle_explanation.filed", "idle_explanation.approved", "account.reactivated"}


@pytest.mark.req("ORG-12")
def test_warnings_precede_it_once_each_and_a_sign_in_ends_them(world, time_machine):
    clerk = world.author
    keeper = make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="阚")
    for account in (clerk, keeper):
        seen(account, date(2026, 8, 22))
    for day, count in ((22, 0), (23, 1), (24, 1), (8 + 31, 2), (19 + 31, 3), (22 + 31, 3)):
        time_machine.move_to(at(date(2026, 10, 1) + timedelta(days=day - 1)))
        seen(keeper, clock.today())
        list(sweep_idle_accounts())
        list(sweep_idle_accounts())
        told = StaffNotice.objects.filter(topic="account.idle", path=f"/people/accounts/{clerk.pk}/")
        assert told.filter(person=clerk.person).count() == count, clock.today()
        assert told.filter(person=keeper.person).count() == count
    seen(clerk, clock.today())
    time_machine.move_to(at(date(2026, 11, 23)))
    list(sweep_idle_accounts())
    assert status_of(clerk) == AccountStatus.ACTIVE


def test_a_new_account_counts_from_its_opening(world, time_machine):
    clerk = world.author
    StaffAccount.objects.filter(pk=clerk.pk).update(opened_at=at(date(2026, 8, 22)), last_seen_on=None)
    StaffAccount.objects.filter(pk=clerk.pk).update(status_since=at(date(2026, 8, 22)))
    time_machine.move_to(at(date(2026, 11, 22)))
    list(sweep_idle_accounts())
    assert status_of(clerk) == AccountStatus.ACTIVE
    time_machine.move_to(at(date(2026, 11, 23)))
    list(sweep_idle_accounts())
    assert status_of(clerk) == AccountStatus.DISABLED


def test_a_clock_set_back_disables_nobody(world, time_machine):
    seen(world.author, date(2026, 11, 22))
    time_machine.move_to(at(date(2020, 1, 1)))
    list(sweep_idle_accounts())
    assert status_of(world.author) == AccountStatus.ACTIVE


def test_the_last_platform_manager_is_never_disabled(world, time_machine):
    seen(world.manager, date(2026, 1, 1))
    time_machine.move_to(at(date(2026, 11, 22)))
    list(sweep_idle_accounts())
    assert status_of(world.manager) == AccountStatus.ACTIVE
    world.manager.refresh_from_db()
    assert idle_refusal(None, world.manager) is None  # type: ignore[arg-type]


def test_a_period_that_ran_out_bars_the_sign_in_even_before_the_nightly_job(world, time_machine):
    seen(world.author, date(2026, 8, 22))
    world.author.refresh_from_db()
    time_machine.move_to(at(date(2026, 11, 22)))
    assert idle_refusal(None, world.author) is None  # type: ignore[arg-type]
    time_machine.move_to(at(date(2026, 11, 23)))
    assert idle_refusal(None, world.author).fix  # type: ignore[arg-type, union-attr]


def test_disabling_by_hand_follows_the_rules_of_locking_out(world):
    act = {"account": world.author, "reason": "长期不用"}
    with pytest.raises(OutsideOwnUnits):
        disable_account(**act, actor=world.lead.audit_actor())
    with pytest.raises(LastManager):
        disable_account(account=world.manager, reason="x", actor=audit.PLATFORM)
    second = make_account("fu", world.unit_a, StaffRole.PLATFORM_MANAGER, name="副")
    with pytest.raises(TwoPersonsNeeded):
        disable_account(account=second, reason="x", actor=world.manager.audit_actor())
    assert disable_account(**act, actor=world.manager.audit_actor()).status == AccountStatus.DISABLED


@pytest.mark.req("ORG-12")
def test_the_unit_above_decides_on_the_explanation_not_the_unit_itself(world):
    below = make_unit("A00000003", "信息科", superior=world.unit_a)
    clerk = make_account("ke-yuan", below, StaffRole.ENTRY_CLERK, name="科员")
    chief = make_account("ke-zhang", below, StaffRole.PLATFORM_MANAGER, name="科长")
    disable_account(account=clerk, reason="长期不用", actor=audit.PLATFORM)
    filed = file_explanation(
        account=clerk, letter=letter(world), commitment="今后每周登录", actor=world.manager.audit_actor()
    )
    with pytest.raises(OutsideOwnUnits):
        accept_explanation(explanation=filed, actor=chief.audit_actor())
    with pytest.raises(ExplanationRefused):
        accept_explanation(explanation=filed, actor=world.manager.audit_actor())
    second = make_account("fu", world.unit_a, StaffRole.PLATFORM_MANAGER, name="副").audit_actor()
    with pytest.raises(ExplanationRefused):
        refuse_explanation(explanation=filed, actor=second, opinion="")
    refuse_explanation(explanation=filed, actor=second, opinion="说明不充分")
    assert status_of(clerk) == AccountStatus.DISABLED
    again = file_explanation(
        account=clerk, letter=letter(world), commitment="今后每周登录", actor=chief.audit_actor()
    )
    accept_explanation(explanation=again, actor=second)
    assert status_of(clerk) == AccountStatus.ACTIVE
    assert IdleExplanation.objects.filter(status=ApplicationStatus.REFUSED).count() == 1


def test_an_account_manager_doesnt_let_a_platform_manager_in_again(world):
    second = make_account("fu", world.unit_a, StaffRole.PLATFORM_MANAGER, name="副")
    keeper = make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="阚")
    world.manager  # noqa: B018  # the other one, who stays
    disable_account(account=second, reason="长期不用", actor=audit.PLATFORM)
    filed = file_explanation(
        account=second, letter=letter(world), commitment="每周登录", actor=world.lead.audit_actor()
    )
    with pytest.raises(GrantRefused):
        accept_explanation(explanation=filed, actor=keeper.audit_actor())


def test_the_nightly_look_reads_many_accounts_in_few_queries(world, django_assert_max_num_queries):
    unit = world.unit_a
    for number in range(40):
        make_account(f"ren-{number}", unit, name=f"人{number}")
    with CaptureQueriesContext(connection) as context:
        list(sweep_idle_accounts())
    assert len(context) <= 8
