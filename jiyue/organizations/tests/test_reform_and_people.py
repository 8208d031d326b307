"""After a reform nobody has left; the registers of both units live on in one (ORG-01, ORG-07)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from jiyue.core import audit, clock
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.organizations.enums import AccountStatus, ReformKind, StaffRole
from jiyue.organizations.models import Organization, PersonnelChangeFiling, UnitReform, UnitRole
from jiyue.organizations.registers.kinds.projects import Project
from jiyue.organizations.services import ReformPlan, assign_role, reforms
from jiyue.organizations.services.filings import work_off_ended_roles
from jiyue.organizations.services.reforms import carry_out
from jiyue.organizations.services.roles import end_role
from jiyue.organizations.services.tree import UnitRefused
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db


def merge(old: Organization, new: Organization) -> UnitReform:
    plan = ReformPlan(
        kind=ReformKind.MERGE,
        predecessor_ids=(old.pk,),
        successor_ids=(new.pk,),
        main_id=new.pk,
        effective_on=clock.today(),
        basis="编办〔2026〕1号",
    )
    return carry_out(plan=plan, change_id=None, actor=audit.PLATFORM)


def night(days: int = 1) -> date:
    return clock.today() + timedelta(days=days)


@pytest.mark.req("ORG-07")
def test_nobody_left_whose_role_a_reform_carried_along(world: World):
    world.author  # noqa: B018  # entry clerk of A
    merge(world.unit_a, world.unit_b)
    with time_machine.travel(night()):
        list(work_off_ended_roles())
    assert not PersonnelChangeFiling.objects.exists()


def test_a_role_that_a_reform_carried_along_is_filed_once_when_it_ends(world: World):
    author = world.author
    merge(world.unit_a, world.unit_b)
    role = UnitRole.objects.get(person=author.person, unit=world.unit_b)
    end_role(role=role, ends_on=clock.today(), reason="调离", actor=audit.PLATFORM)
    with time_machine.travel(night(2)):
        list(work_off_ended_roles())
    assert [filing.unit for filing in PersonnelChangeFiling.objects.all()] == [world.unit_b]


def test_an_end_filed_ahead_goes_along_and_is_filed_once(world: World):
    author = world.author
    role = author.person.roles.get()
    end_role(role=role, ends_on=night(5), reason="调离", actor=audit.PLATFORM)
    merge(world.unit_a, world.unit_b)
    with time_machine.travel(night(7)):
        list(work_off_ended_roles())
        list(work_off_ended_roles())
    (filing,) = PersonnelChangeFiling.objects.all()
    assert filing.ended_role.unit == filing.unit == world.unit_b
    author.refresh_from_db()
    assert author.status == AccountStatus.SUSPENDED


def test_a_role_continued_by_a_new_row_is_filed_once(world: World):
    author = world.author
    role = author.person.roles.get()
    UnitRole.objects.filter(pk=role.pk).update(ends_on=clock.today())
    new = assign_role(
        person=author.person,
        unit=world.unit_a,
        role=StaffRole.ENTRY_CLERK,
        starts_on=night(),
        actor=audit.PLATFORM,
    )
    with time_machine.travel(night(2)):
        list(work_off_ended_roles())
        end_role(role=new, ends_on=clock.today(), reason="调离", actor=audit.PLATFORM)
    with time_machine.travel(night(4)):
        list(work_off_ended_roles())
    assert PersonnelChangeFiling.objects.count() == 1


def test_projects_with_the_same_number_in_both_units_live_on(world: World):
    for unit in (world.unit_a, world.unit_b):
        Project.objects.create(
            unit=unit,
            number="2026-01",
            title="平台升级",
            budget=Decimal(0),
            requirement="升级",
            entered_at=clock.now(),
            changed_at=clock.now(),
        )
    merge(world.unit_a, world.unit_b)
    numbers = Project.objects.filter(unit=world.unit_b).values_list("number", flat=True)
    assert sorted(numbers) == ["2026-01", f"2026-01/{world.unit_a.code}"]


def test_a_reform_that_makes_the_tree_too_deep_holds_up_no_other(world: World, monkeypatch):
    """Any refusal of the rooms leaves the reform in the list and lets the next one pass."""
    first, second = make_account("zhao", world.unit_a), make_account("qian", world.unit_a)
    tried = []

    def refuse(*, plan: ReformPlan, **_rest: object) -> None:
        tried.append(plan.basis)
        raise UnitRefused("太深")

    monkeypatch.setattr(reforms, "carry_out", refuse)
    for number in (1, 2):
        plan = ReformPlan(
            ReformKind.MERGE, (number,), (3,), 3, effective_on=clock.today(), basis=f"{number}号"
        )
        TwoPersonChange.objects.create(
            topic=reforms.TOPIC,
            subject_type="unit",
            subject_key=str(number),
            title="合并",
            payload=plan.to_payload(),
            digest="0" * 64,
            reason="机构改革",
            status=ChangeStatus.APPROVED,
            proposer_account_id=first.pk,
            proposer_person_id=first.person_id,
            proposer_name="赵",
            proposed_at=clock.now(),
            decider_account_id=second.pk,
            decider_person_id=second.person_id,
            decider_name="钱",
            decided_at=clock.now(),
        )
    list(reforms.run_due_reforms())
    assert tried == ["1号", "2号"]
