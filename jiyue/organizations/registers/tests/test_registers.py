"""Registers: who may enter what, what is refused, and what selectors tell others."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from jiyue.core import files
from jiyue.core.clocks import CLOCK_STARTED
from jiyue.core.models import AuditEntry
from jiyue.organizations.eligibility import get_contracted_person_ids
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Person
from jiyue.organizations.registers import selectors, services
from jiyue.organizations.registers.access import NotYourRegister
from jiyue.organizations.registers.base import REGISTERS
from jiyue.organizations.registers.kinds.contributors import Remuneration, get_remuneration_totals
from jiyue.organizations.registers.kinds.outsourcing import has_live_contract
from jiyue.organizations.registers.kinds.projects import get_cost_totals, list_projects_without_procedure
from jiyue.organizations.registers.kinds.rules import RuleKind, get_missing_rule_kinds
from jiyue.organizations.registers.kinds.training import get_training_totals
from jiyue.organizations.registers.selectors import Narrowing
from jiyue.organizations.registers.tests.making import DAY, DEFAULTS, entered, with_file
from tests.factories import make_account, make_unit

pytestmark = pytest.mark.django_db
Obligation = apps.get_model("obligations", "Obligation")  # a room above: these are its rows


@pytest.fixture(autouse=True)
def _spring():
    with time_machine.travel(datetime(2026, 4, 1, 1, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def below(world):
    return make_unit("A1", "下属单位", superior=world.unit_a)


def problems_of(caught):
    return [(problem.field, str(problem.message)) for problem in caught.value.problems]


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_nobody_writes_for_another_unit_whatever_the_register(world, key):
    with pytest.raises(NotYourRegister):
        services.enter(
            register=REGISTERS.get(key),
            unit=world.unit_a,
            values=DEFAULTS[key],
            actor=world.other_author.audit_actor(),
        )


def test_an_administrator_reaches_the_subtree_and_no_further(world, below):
    actor = world.manager.audit_actor()
    assert entered("rules", below, actor=actor).unit == below
    with pytest.raises(NotYourRegister):
        entered("rules", world.unit_b, actor=actor)


def test_every_role_of_the_unit_reads_and_only_the_named_ones_enter(world):
    rule = entered("rules", world.unit_a, actor=world.author.audit_actor())
    lead = world.lead.audit_actor()
    assert selectors.get_entry(REGISTERS.get("rules"), rule.pk, lead) == rule
    with pytest.raises(NotYourRegister):
        entered("rules", world.unit_a, actor=lead, title="另一制度")
    assert selectors.get_entry(REGISTERS.get("rules"), rule.pk, world.other_author.audit_actor()) is None


def test_the_ledger_is_read_by_fewer(world):
    contributor = entered("contributors", world.unit_a)
    payment = entered("remunerations", world.unit_a, parent=contributor)
    ledger = REGISTERS.get("remunerations")
    assert selectors.get_entry(ledger, payment.pk, world.leader.audit_actor()) == payment
    assert selectors.get_entry(ledger, payment.pk, world.lead.audit_actor()) is None


def test_an_account_that_was_closed_writes_nothing(world):
    world.author.status = "closed"
    world.author.save()
    with pytest.raises(NotYourRegister):
        entered("rules", world.unit_a, actor=world.author.audit_actor())


def test_every_change_is_in_the_trail_with_before_and_after(world):
    actor = world.author.audit_actor()
    rule = entered("rules", world.unit_a, actor=actor)
    register = REGISTERS.get("rules")
    values = {**DEFAULTS["rules"], "title": "新安全制度"}
    services.change(register=register, entry_id=rule.pk, values=values, seen_version=1, actor=actor)
    services.strike(register=register, entry_id=rule.pk, reason="重复登记", actor=actor)
    verbs = list(
        AuditEntry.objects.filter(subject_type="register_entry", subject_id=f"rules:{rule.pk}")
        .order_by("pk")
        .values_list("verb", flat=True)
    )
    assert verbs == ["register.entered", "register.changed", "register.struck"]
    body = AuditEntry.objects.get(verb="register.changed").text.body
    assert "安全制度" in body
    assert "新安全制度" in body
    assert "adopted_on" not in body  # only what changed


def test_two_people_at_once_are_told(world):
    rule, register = entered("rules", world.unit_a), REGISTERS.get("rules")
    actor = world.author.audit_actor()
    services.change(
        register=register,
        entry_id=rule.pk,
        values={**DEFAULTS["rules"], "title": "甲的"},
        seen_version=1,
        actor=actor,
    )
    with pytest.raises(services.EntryChanged):
        services.change(
            register=register,
            entry_id=rule.pk,
            values={**DEFAULTS["rules"], "title": "乙的"},
            seen_version=1,
            actor=actor,
        )


def test_the_very_same_entry_is_made_once(world):
    entered("practices", world.unit_a)
    with pytest.raises(services.EntryRefused):
        entered("practices", world.unit_a)


def test_a_struck_out_entry_stays_readable_and_unchangeable(world):
    rule, register = entered("rules", world.unit_a), REGISTERS.get("rules")
    actor = world.author.audit_actor()
    with pytest.raises(services.EntryRefused):
        services.strike(register=register, entry_id=rule.pk, reason=" ", actor=actor)
    services.strike(register=register, entry_id=rule.pk, reason="重复登记", actor=actor)
    assert not selectors.list_entries(register, actor, Narrowing()).exists()
    assert selectors.list_entries(register, actor, Narrowing(is_struck=True)).get() == rule
    with pytest.raises(services.EntryClosed):
        services.change(register=register, entry_id=rule.pk, values={}, seen_version=2, actor=actor)


def test_wrong_values_are_named_by_field_and_nothing_is_stored(world):
    with pytest.raises(services.EntryRefused) as caught:
        entered("rules", world.unit_a, kind="nonsense", title="", adopted_on=None)
    assert {field for field, _text in problems_of(caught)} == {"kind", "title", "adopted_on"}
    assert not AuditEntry.objects.filter(verb="register.entered").exists()


def test_an_entry_refers_only_to_entries_of_its_unit(world):
    vendor = entered("vendors", world.unit_b)
    with pytest.raises(services.EntryRefused) as caught:
        entered("contracts", world.unit_a, vendor=vendor)
    assert caught.value.field == "vendor"
    contract = entered("contracts", world.unit_b, vendor=vendor)
    with pytest.raises(NotYourRegister):
        entered("contract-persons", world.unit_a, parent=contract)


@pytest.mark.req("ORG-15")
def test_a_unit_lacks_a_kind_of_rule_until_its_text_is_on_file(world):
    """Kinds, versioned files, review dates, and the absence that the assessment asks for."""
    units = [world.unit_a.pk, world.unit_b.pk]
    assert get_missing_rule_kinds(units) == {unit: list(RuleKind) for unit in units}
    rules = [entered("rules", world.unit_a, kind=kind, title=kind.label) for kind in RuleKind]
    assert world.unit_a.pk in get_missing_rule_kinds(units)
    for rule in rules:
        with_file("rules", rule)
    assert list(get_missing_rule_kinds(units)) == [world.unit_b.pk]
    services.strike(
        register=REGISTERS.get("rules"), entry_id=rules[0].pk, reason="废止", actor=world.author.audit_actor()
    )
    assert get_missing_rule_kinds([world.unit_a.pk]) == {world.unit_a.pk: [RuleKind.INFORMATION_UPDATE]}
    with_file("rules", rules[1], text="第一条 修订")
    versions = list(selectors.list_files(REGISTERS.get("rules"), rules[1].pk))
    assert [version.number for version in versions] == [2, 1]
    assert [files.read_file(v.file).decode() for v in versions] == ["第一条 修订", "第一条"]
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE registers_registerfile SET number = 9")


@pytest.mark.req("ORG-15")
def test_the_review_date_starts_a_clock_that_the_review_stops(world):
    rule, register = entered("rules", world.unit_a), REGISTERS.get("rules")
    clock_of_rule = Obligation.objects.get(subject_key=f"rules:{rule.pk}")
    assert (clock_of_rule.kind, clock_of_rule.unit) == ("register.review", world.unit_a)
    assert clock_of_rule.due_at == datetime(2027, 3, 2, 15, 59, 59, tzinfo=UTC)
    values = {**DEFAULTS["rules"], "review_on": date(2028, 2, 29)}
    actor = world.author.audit_actor()
    services.change(register=register, entry_id=rule.pk, values=values, seen_version=1, actor=actor)
    statuses = list(
        Obligation.objects.filter(subject_key=f"rules:{rule.pk}")
        .order_by("pk")
        .values_list("status", flat=True)
    )
    assert statuses == ["satisfied", "open"]
    services.strike(register=register, entry_id=rule.pk, reason="废止", actor=actor)
    assert not Obligation.objects.filter(status="open").exists()


def test_files_of_a_register_open_for_its_readers_only(world):
    rule = with_file("rules", entered("rules", world.unit_a))
    file = selectors.list_files(REGISTERS.get("rules"), rule.pk)[0].file
    assert files.open_file(file=file, actor=world.lead.audit_actor()) == "第一条".encode()
    assert files.open_file(file=file, actor=world.other_author.audit_actor()) is None


def test_the_ledger_is_corrected_by_entries_and_never_changed(world):
    contributor = entered("contributors", world.unit_a)
    payment = entered("remunerations", world.unit_a, parent=contributor)
    register, actor = REGISTERS.get("remunerations"), world.author.audit_actor()
    with pytest.raises(services.EntryClosed):
        services.change(register=register, entry_id=payment.pk, values={}, seen_version=1, actor=actor)
    with pytest.raises(services.EntryClosed):
        services.strike(register=register, entry_id=payment.pk, reason="错", actor=actor)
    for wrong, field in (
        ({"amount": Decimal("-1.00")}, None),
        ({"amount": Decimal("-1.00"), "corrects": payment}, "remark"),
        ({"amount": Decimal("-120.01"), "corrects": payment, "remark": "多付"}, "amount"),
        ({"amount": Decimal("-1"), "corrects": payment, "remark": "多付", "period": "2026-04"}, "period"),
        ({"period": "2026-13"}, "period"),
        ({"amount": Decimal("0.001")}, "amount"),
    ):
        with pytest.raises(services.EntryRefused) as caught:
            entered("remunerations", world.unit_a, parent=contributor, **wrong)
        assert caught.value.field == field
    correction = {"amount": Decimal("-20.50"), "corrects": payment, "remark": "多付", "item_count": 0}
    entered("remunerations", world.unit_a, parent=contributor, **correction)
    assert get_remuneration_totals([world.unit_a.pk], 2026) == {contributor.pk: Decimal("99.50")}
    [totals] = selectors.get_totals(register, Remuneration.objects.all())
    assert totals.sums["amount"] == Decimal("99.50")
    for statement in ("DELETE FROM registers_remuneration", "UPDATE registers_remuneration SET amount = 1"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("person", "contract", "day", "is_live"),
    [
        ({}, {}, DAY, True),
        ({}, {}, date(2026, 3, 1), False),
        ({}, {}, date(2027, 3, 1), True),
        ({}, {}, date(2027, 3, 2), False),
        ({}, {"terminated_on": date(2026, 6, 1)}, date(2026, 6, 2), False),
        ({"ends_on": date(2026, 5, 1)}, {}, date(2026, 5, 2), False),
        ({"starts_on": date(2026, 5, 1)}, {}, date(2026, 4, 30), False),
        ({"employee_number": "W9"}, {}, DAY, False),
        ({"name": "王外包"}, {}, DAY, False),
    ],
)
@pytest.mark.req("ORG-17")
def test_a_contract_is_live_for_the_people_it_names_from_first_to_last_day(
    world, person, contract, day, is_live
):
    known = Person.objects.create(name="李外包", employee_number="W1")
    vendor = entered("vendors", world.unit_a)
    found = entered("contracts", world.unit_a, vendor=vendor, **contract)
    entered("contract-persons", world.unit_a, parent=found, **{"employee_number": "W1", **person})
    assert has_live_contract(known.pk, day) is is_live
    assert get_contracted_person_ids([known.pk], day) == (frozenset({known.pk}) if is_live else frozenset())


@pytest.mark.req("ORG-17")
def test_contracts_need_a_suitable_vendor_complete_terms_and_supervision(world):
    """Vendor, split, terms and supervision are demanded; the end is a clock."""
    vendor = entered("vendors", world.unit_a)
    with pytest.raises(services.EntryRefused) as caught:
        entered("vendors", world.unit_a, emergency_plan="", qualification="")
    assert {field for field, _text in problems_of(caught)} == {"emergency_plan", "qualification"}
    bad = entered("vendors", world.unit_a, name="差公司", verdict="unsuitable")
    with pytest.raises(services.EntryRefused) as caught:
        entered("contracts", world.unit_a, vendor=bad)
    assert caught.value.field == "vendor"
    with pytest.raises(services.EntryRefused) as caught:
        entered(
            "contracts", world.unit_a, vendor=vendor, quality_terms="", protection_terms="", operations_by=""
        )
    assert {"quality_terms", "protection_terms", "operations_by"} == {f for f, _text in problems_of(caught)}
    with pytest.raises(services.EntryRefused):
        entered("contracts", world.unit_a, vendor=vendor, ends_on=date(2026, 1, 1))
    contract, register = entered("contracts", world.unit_a, vendor=vendor), REGISTERS.get("contracts")
    assert len(list(register.findings(contract))) == 2
    entered("contract-persons", world.unit_a, parent=contract)
    entered("supervisions", world.unit_a, parent=contract)
    assert list(register.findings(contract)) == []
    assert Obligation.objects.get(subject_key=f"contracts:{contract.pk}").due_at.date() == date(2027, 3, 1)


@pytest.mark.req("ORG-18")
def test_a_project_under_procurement_without_procedure_is_found(world):
    actor, register = world.author.audit_actor(), REGISTERS.get("projects")
    project = entered("projects", world.unit_a, stage="requirement")
    ids = [world.unit_a.pk]
    assert not list_projects_without_procedure(ids).exists()
    values = {**DEFAULTS["projects"], "stage": "in_progress", "is_procurement": True}
    services.change(register=register, entry_id=project.pk, values=values, seen_version=1, actor=actor)
    assert list_projects_without_procedure(ids).get() == project
    project.refresh_from_db()
    assert list(register.findings(project))
    values = {**values, "procedure": "open_tender", "funding_rules": "专款专用"}
    services.change(register=register, entry_id=project.pk, values=values, seen_version=2, actor=actor)
    project.refresh_from_db()
    assert list(register.findings(project)) == []
    with pytest.raises(services.EntryRefused) as caught:
        services.change(
            register=register,
            entry_id=project.pk,
            values={**values, "stage": "accepted"},
            seen_version=3,
            actor=actor,
        )
    assert {field for field, _text in problems_of(caught)} == {"accepted_on", "acceptance"}


@pytest.mark.req("ORG-18")
def test_yearly_costs_add_up_by_kind(world):
    for number in range(3):  # 0.1 + 0.1 + 0.1 isn't 0.3 in floating numbers
        entered("costs", world.unit_a, title=f"运维{number}", planned=Decimal("0.10"), spent=Decimal("0.05"))
    entered("costs", world.unit_a, kind="training", planned=Decimal(500))
    entered("costs", world.unit_a, year=2025, planned=Decimal(1))
    entered("costs", world.unit_b, planned=Decimal(1))
    totals = get_cost_totals([world.unit_a.pk], 2026)
    assert totals["operation"] == {"planned": Decimal("0.30"), "granted": 0, "spent": Decimal("0.15")}
    assert totals["training"]["planned"] == Decimal(500)
    assert str(totals["operation"]["planned"]) == "0.30"
    register, actor = REGISTERS.get("costs"), world.author.audit_actor()
    entries = selectors.list_entries(register, actor, Narrowing(year=2026))
    assert str(selectors.get_totals(register, entries)[0].sums["planned"]) == "500.30"
    assert set(totals) == {"operation", "training"}


@pytest.mark.req("ORG-19")
def test_a_years_training_adds_up_for_the_annual_report(world):
    plan = entered("trainings", world.unit_a, planned_on=date(2026, 6, 1))
    held = entered("trainings", world.unit_a, held_on=date(2026, 3, 3), hours=Decimal("2.5"))
    test = entered("trainings", world.unit_a, kind="skills_test", held_on=date(2026, 3, 4), hours=Decimal(1))
    entered("participants", world.unit_a, parent=held)
    entered("participants", world.unit_a, parent=held, name="缺席者", attendance="absent")
    entered("participants", world.unit_a, parent=test, attendance="passed", score=Decimal("91.5"))
    entered("participants", world.unit_a, parent=test, name="李四", attendance="failed")
    entered("practices", world.unit_a)
    totals = get_training_totals([world.unit_a.pk], 2026)
    assert (totals.planned, totals.held, totals.hours) == (3, 2, Decimal("3.5"))
    assert totals.held_by_kind == {"security": 1, "skills_test": 1}
    assert (totals.attendances, totals.tests_passed, totals.tests_failed, totals.notes) == (3, 1, 1, 1)
    assert get_training_totals([world.unit_b.pk], 2026).held == 0
    for wrong, parent in (({"attendance": "passed"}, held), ({}, plan)):
        with pytest.raises(services.EntryRefused) as caught:
            entered("participants", world.unit_a, parent=parent, name="王五", **wrong)
        assert caught.value.field == "attendance"
    with pytest.raises(services.EntryRefused):
        entered("trainings", world.unit_a, title="将来", held_on=date(2026, 4, 2))


def test_a_row_is_linked_to_the_person_of_the_unit_and_to_no_other(world):
    make_account("li", world.unit_a, StaffRole.INFORMATION_OFFICER, name="李四")
    make_account("li2", world.unit_b, StaffRole.INFORMATION_OFFICER, name="赵六")
    assert entered("contributors", world.unit_a, name="李四").person.name == "李四"
    assert entered("contributors", world.unit_a, name="赵六").person is None


def test_clocks_are_announced_once_per_date(world):
    told = []
    listener = CLOCK_STARTED.listen(told.append)
    try:
        rule = entered("rules", world.unit_a)
        values = {**DEFAULTS["rules"], "document_number": "〔2026〕1号"}
        services.change(
            register=REGISTERS.get("rules"),
            entry_id=rule.pk,
            values=values,
            seen_version=1,
            actor=world.author.audit_actor(),
        )
    finally:
        CLOCK_STARTED._listeners.remove(listener)
    assert len(told) == 1
