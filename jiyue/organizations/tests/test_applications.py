"""No account without an approved need, a personal name and the right to hold one (ORG-08 to ORG-11)."""

import pytest
from django.db import IntegrityError, transaction

from jiyue.core import audit, clock
from jiyue.core.models import AuditEntry, PrivateFile
from jiyue.organizations.eligibility import LIVE_CONTRACTS, NotEligible
from jiyue.organizations.enums import AccountStatus, ApplicationStatus, Employment, StaffRole, UnitKind
from jiyue.organizations.login_names import LoginNameRefused
from jiyue.organizations.models import AccountApplication, Person, StaffAccount, StaffNotice
from jiyue.organizations.services import DutiesConflict, assign_role, open_account
from jiyue.organizations.services.accounts import AccountRefused
from jiyue.organizations.services.applications import (
    ApplicationRefused,
    apply_for_account,
    approve_application,
    refuse_application,
    withdraw_application,
)
from jiyue.organizations.services.authority import GrantRefused, OutsideOwnUnits
from jiyue.organizations.services.idle import sweep_eligibility
from jiyue.organizations.tests.test_roles import bind
from tests.factories import PASSWORD, World, make_account, make_unit

pytestmark = pytest.mark.django_db


def letter(world: World) -> PrivateFile:
    return PrivateFile.objects.create(
        purpose="account.application_letter",
        unit_id=world.unit_a.pk,
        original_name="申请.pdf",
        content_type="application/pdf",
        size_bytes=1,
        sm3="0" * 64,
        stored_at=clock.now(),
    )


def apply(world: World, **values: object) -> AccountApplication:
    defaults: dict[str, object] = {
        "person": values.get("person") or Person.objects.create(name="新人"),
        "unit": world.unit_a,
        "login_name": "xinren",
        "roles": ["entry_clerk"],
        "need": "编辑栏目",
        "letter": letter(world),
        "actor": world.author.audit_actor(),
    }
    return apply_for_account(**{**defaults, **values})  # type: ignore[arg-type]


@pytest.mark.req("ORG-08")
@pytest.mark.parametrize(
    "name",
    ["admin", "Admin1", "root", "test_02", "guest", "公共账号", "办公室", "anonymous", "a b", "x", "JIA"],
)
def test_default_anonymous_shared_and_taken_names_get_no_account(world, name):
    world.author  # noqa: B018  # jia is taken
    with pytest.raises(LoginNameRefused):
        apply(world, login_name=name)
    with pytest.raises(LoginNameRefused):
        open_account(
            person=Person.objects.create(name="新人"),
            unit=world.unit_a,
            login_name=name,
            password=PASSWORD,
            actor=audit.PLATFORM,
        )


@pytest.mark.req("ORG-08")
def test_an_account_comes_from_an_application_that_another_person_approved(world):
    with pytest.raises(AccountRefused):
        open_account(
            person=Person.objects.create(name="无名"),
            unit=world.unit_a,
            login_name="wuming",
            password=PASSWORD,
            actor=world.manager.audit_actor(),
        )
    application = apply(world, actor=world.manager.audit_actor())
    with pytest.raises(ApplicationRefused):
        approve_application(application=application, actor=world.manager.audit_actor())
    with pytest.raises(OutsideOwnUnits):
        approve_application(application=application, actor=world.author.audit_actor())
    assert not application.person.accounts.exists()
    second = make_account("fu", world.unit_a, StaffRole.PLATFORM_MANAGER, name="副")
    account = approve_application(application=application, actor=second.audit_actor())
    assert (account.person, account.unit) == (application.person, world.unit_a)
    assert not account.has_usable_password()
    assert account.person.roles.get().role == StaffRole.ENTRY_CLERK
    application.refresh_from_db()
    assert (application.status, application.account) == (ApplicationStatus.APPROVED, account)
    with pytest.raises(ApplicationRefused):
        approve_application(application=application, actor=second.audit_actor())
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert verbs >= {"account_application.filed", "account_application.approved", "account.opened"}


def test_the_person_the_account_is_for_doesnt_decide(world):
    second = make_account("fu", world.unit_a, StaffRole.PLATFORM_MANAGER, name="副")
    application = apply(world, person=second.person, roles=["inspector"], login_name="fu-2")
    with pytest.raises(GrantRefused):
        approve_application(application=application, actor=second.audit_actor())


@pytest.mark.parametrize("field", ["login_name", "roles", "need", "letter"])
def test_an_application_without_its_parts_is_refused_at_the_field(world, field):
    empty = {"login_name": "", "roles": [], "need": " ", "letter": None}
    with pytest.raises((ApplicationRefused, LoginNameRefused)) as refusal:
        apply(world, **{field: empty[field]})
    assert refusal.value.field == field
    assert not AccountApplication.objects.exists()


@pytest.mark.req("ORG-10")
def test_ht_gives_departments_accounts_as_of_course_and_others_only_by_the_portal_operator(world):
    bind(world.unit_a, "HT")
    keeper = make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="阚")
    of_course = apply(world, letter=None)
    assert of_course.is_as_of_course
    approve_application(application=of_course, actor=keeper.audit_actor())
    school = make_unit("A9", "市一中", kind=UnitKind.PUBLIC_INSTITUTION, superior=world.unit_a)
    clerk = make_account("xiao-zhang", school, StaffRole.CONTENT_EDITOR, name="校长")
    wish = {"unit": school, "login_name": "xuexiao-li", "actor": clerk.audit_actor()}
    with pytest.raises(ApplicationRefused) as refusal:
        apply(world, letter=None, **wish)
    assert refusal.value.field == "letter"
    application = apply(world, **wish)
    with pytest.raises(GrantRefused):
        approve_application(application=application, actor=keeper.audit_actor())
    assert approve_application(application=application, actor=world.manager.audit_actor()).is_active


def test_roles_that_exclude_each_other_or_exceed_the_approver_open_nothing(world):
    with pytest.raises(DutiesConflict):
        apply(world, person=world.lead.person, login_name="yi-2")
    keeper = make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="阚")
    application = apply(world, roles=["platform_manager"])
    with pytest.raises(GrantRefused):
        approve_application(application=application, actor=keeper.audit_actor())


def test_a_role_that_became_impossible_meanwhile_leaves_nothing_half_done(world):
    application = apply(world)
    assign_role(
        person=application.person,
        unit=world.unit_a,
        role=StaffRole.REVIEW_LEAD,
        starts_on=clock.today(),
        actor=audit.PLATFORM,
    )
    with pytest.raises(DutiesConflict):
        approve_application(application=application, actor=world.manager.audit_actor())
    application.refresh_from_db()
    assert application.status == ApplicationStatus.WAITING
    assert not application.person.accounts.exists()


def test_strangers_can_neither_apply_nor_take_back_and_a_refusal_has_a_reason(world):
    with pytest.raises(OutsideOwnUnits):
        apply(world, actor=world.other_author.audit_actor())
    application = apply(world)
    with pytest.raises(ApplicationRefused):
        withdraw_application(application=application, actor=world.lead.audit_actor())
    with pytest.raises(ApplicationRefused):
        refuse_application(application=application, actor=world.manager.audit_actor(), opinion=" ")
    refuse_application(application=application, actor=world.manager.audit_actor(), opinion="无此需要")
    with pytest.raises(ApplicationRefused):
        withdraw_application(application=application, actor=world.author.audit_actor())


def test_the_same_login_name_waits_once(world):
    apply(world)
    with pytest.raises(ApplicationRefused):
        apply(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountApplication.objects.create(
            unit=world.unit_a,
            person=world.author.person,
            login_name="xinren",
            roles=[],
            need="x",
            applied_by=world.author,
            applied_at=clock.now(),
        )


@pytest.fixture
def contracts(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Persons whom a live contract names."""
    live: set[int] = set()
    monkeypatch.setattr(
        LIVE_CONTRACTS, "_entries", {"test": lambda person_ids, day: frozenset(live & set(person_ids))}
    )
    return live


@pytest.mark.req("ORG-09")
def test_nb_gives_accounts_to_permanent_staff_only(world, contracts):
    bind(world.unit_a, "NB")
    for employment in (Employment.OTHER_STAFF, Employment.CONTRACTOR):
        person = Person.objects.create(name="编外", employment=employment)
        contracts.add(person.pk)
        with pytest.raises(NotEligible) as refusal:
            apply(world, person=person)
        assert "NB 26" in str(refusal.value.message)
    assert apply(world, person=Person.objects.create(name="在编"))


@pytest.mark.req("ORG-09")
def test_a_contractor_needs_a_live_contract_and_loses_the_account_with_it(world, contracts):
    person = Person.objects.create(name="外包", employment=Employment.CONTRACTOR)
    with pytest.raises(NotEligible):
        apply(world, person=person)
    contracts.add(person.pk)
    account = approve_application(application=apply(world, person=person), actor=world.manager.audit_actor())
    list(sweep_eligibility())
    account.refresh_from_db()
    assert account.status == AccountStatus.ACTIVE
    contracts.clear()
    list(sweep_eligibility())
    account.refresh_from_db()
    assert (account.status, "外包" in account.status_reason) == (AccountStatus.SUSPENDED, True)
    assert StaffNotice.objects.filter(person=person, topic="account.suspended").exists()
    assert StaffAccount.objects.get(pk=world.author.pk).is_active
