"""The register of responsible persons as a table: all of it, or nothing and why (ORG-05)."""

from datetime import timedelta

import pytest

from jiyue.core import clock
from jiyue.organizations.enums import Employment, StaffRole
from jiyue.organizations.models import Person, PersonnelChangeFiling, UnitRole
from jiyue.organizations.registers.xlsx import SheetRefused, read_rows, write_rows
from jiyue.organizations.services.people import PersonRefused, register_person
from jiyue.organizations.services.people_tables import COLUMNS, end_roles, export_people, import_people
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db


def row(**values: object) -> dict[str, object]:
    defaults: dict[str, object] = {
        "unit": "A00000001",
        "name": "张三",
        "employment": "permanent",
        "role": "information_officer",
        "starts_on": clock.today(),
    }
    return defaults | values


def table(*rows: dict[str, object]) -> bytes:
    return write_rows("责任人", COLUMNS, rows)


def test_people_and_roles_come_in_and_go_out_again_and_a_second_import_changes_nothing(world: World):
    data = table(
        row(employee_number="0101", phone="0000-1", section="信息股"),
        row(employee_number="0101", role="quality_manager"),
        row(name="李四", role="leader_in_charge", ends_on=clock.today() + timedelta(days=365)),
    )
    report = import_people(data=data, actor=world.manager)
    assert (report.errors, report.created, report.entered) == ([], 3, 2)
    assert Person.objects.get(employee_number="0101").roles.count() == 2
    again = import_people(data=data, actor=world.manager)
    assert (again.errors, again.created, again.unchanged) == ([], 0, 3)
    exported = export_people(actor=world.manager, unit_ids=[world.unit_a.pk, world.unit_b.pk])
    assert import_people(data=exported, actor=world.manager).unchanged == len(
        read_rows(exported, COLUMNS).rows
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"unit": "B00000002"},
        {"unit": "nowhere"},
        {"ends_on": -1},
        {"name": "甲", "role": "review_lead"},
        {"name": "戊", "role": "inspector"},
        {"name": "冒名", "employee_number": "B-1"},
    ],
)
def test_one_bad_row_and_nothing_is_imported(world: World, bad):
    world.author, world.manager  # noqa: B018  # made on first use
    stranger = world.other_author.person
    stranger.employee_number = "B-1"
    stranger.save()
    if "ends_on" in bad:
        bad = {"ends_on": clock.today() - timedelta(days=1)}
    before = (Person.objects.count(), UnitRole.objects.count())
    report = import_people(data=table(row(), row(**bad), row(name="李四")), actor=world.manager)
    assert [error.row for error in report.errors] == [3]
    assert report.errors[0].message
    assert (report.created, report.entered) == (0, 0)
    assert (Person.objects.count(), UnitRole.objects.count()) == before


def test_an_account_manager_imports_no_platform_managers(world: World):
    keeper = make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="阚")
    below = make_unit("A9", superior=world.unit_a)
    data = table(row(role="platform_manager"), row(role="account_manager", unit=below.code, name="王五"))
    report = import_people(data=data, actor=keeper)
    assert [error.row for error in report.errors] == [2]
    assert not Person.objects.filter(name="王五").exists()


def test_namesakes_need_a_number_and_wrong_columns_are_named(world: World):
    for number in ("1", "2"):
        person = Person.objects.create(name="张三", employee_number=number)
        person.roles.create(unit=world.unit_a, role="content_editor", starts_on=clock.today())
    report = import_people(data=table(row()), actor=world.manager)
    assert len(report.errors) == 1
    with pytest.raises(SheetRefused):
        import_people(data=write_rows("x", COLUMNS[:3], [row()]), actor=world.manager)


def test_many_roles_end_at_once_each_by_the_rules_for_one(world: World):
    mine, second = world.author, world.second_author
    others = world.other_author
    roles = list(UnitRole.objects.filter(person__in=[mine.person, second.person, others.person]))
    roles.append(world.manager.person.roles.get())
    outcomes = end_roles(roles=roles, ends_on=None, reason="机构改革", actor=world.manager.audit_actor())
    ended = {outcome.role.person_id for outcome in outcomes if outcome.refusal is None}
    assert ended == {mine.person_id, second.person_id}
    assert PersonnelChangeFiling.objects.count() == 2
    assert others.person.roles.get().ends_on is None


def test_form_sent_twice_enters_a_person_once_and_a_namesake_needs_a_number(world: World):
    facts = {
        "unit": world.unit_a,
        "name": "张三",
        "employment": Employment.PERMANENT,
        "actor": world.manager.audit_actor(),
    }
    person = register_person(**facts)
    person.roles.create(unit=world.unit_a, role="content_editor", starts_on=clock.today())
    with pytest.raises(PersonRefused) as refused:
        register_person(**facts)
    assert refused.value.field == "employee_number"
    assert register_person(**facts, employee_number="7").pk != person.pk
