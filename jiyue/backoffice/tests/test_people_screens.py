"""People, accounts and filings on the screen: what is offered, refused, and never lost."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from jiyue.core import audit, clock
from jiyue.core.models import AuditEntry, TwoPersonChange
from jiyue.organizations.enums import AccountStatus, ApplicationStatus, StaffRole
from jiyue.organizations.models import (
    AccountApplication,
    IdleExplanation,
    Person,
    PersonnelChangeFiling,
    StaffAccount,
    UnitRole,
)
from jiyue.organizations.registers.xlsx import write_rows
from jiyue.organizations.services.idle import disable_account
from jiyue.organizations.services.people_tables import COLUMNS
from tests.factories import make_account, make_unit

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _private_folder(settings, tmp_path):
    settings.JIYUE_PRIVATE_DIR = tmp_path


def letter():
    return SimpleUploadedFile("申请.pdf", PDF, "application/pdf")


def today(days: int = 0) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def url(name: str, *args: object) -> str:
    return reverse(f"backoffice:{name}", args=args)


def new_person(world, **values):
    fields = {"name": "新人", "employment": "permanent", "unit": world.unit_a.pk, "role": "content_editor"}
    return {**fields, "starts_on": today(), **values}


@pytest.mark.parametrize("name", ["people_list", "people_register", "account_list", "filing_list"])
def test_lists_cost_the_same_queries_for_two_people_and_for_fifty(
    world, enter, name, django_assert_max_num_queries
):
    client = enter(world.manager)
    client.get(url(name))
    for number in range(50):
        make_account(f"ren-{number}", world.unit_a, StaffRole.CONTENT_EDITOR, name=f"人{number}")
    with django_assert_max_num_queries(26):
        assert client.get(url(name)).status_code == 200


def test_people_are_found_by_name_unit_and_role_and_only_in_the_own_subtree(world, enter):
    below = make_unit("A00000003", "信息科", superior=world.unit_a)
    make_account("xin", below, StaffRole.INFORMATION_OFFICER, name="信息员")
    world.author, world.other_author  # noqa: B018  # made on first use
    client = enter(world.manager)

    def names(**query):
        page = client.get(url("people_list"), query).context["page"]
        return {person.name for person in page.object_list}

    assert names() == {"甲", "戊", "信息员"}
    assert names(q="甲") == {"甲"}
    assert names(unit=below.pk) == {"信息员"}
    assert names(role="entry_clerk") == {"甲"}
    forged = client.get(url("people_list"), {"unit": world.unit_b.pk})
    assert "unit" in forged.context["form"].errors
    assert "丙" not in forged.content.decode()


def test_everybody_reads_the_people_of_the_own_unit_and_changes_nobody(world, enter):
    client = enter(world.author)
    page = client.get(url("person_detail", world.lead.person_id))
    assert page.status_code == 200
    assert url("role_assign", world.lead.person_id) not in page.content.decode()
    assert client.get(url("person_detail", world.other_author.person_id)).status_code == 404


def test_a_person_and_the_first_role_are_entered_together_or_not_at_all(world, enter):
    client = enter(world.manager)
    bad = client.post(url("person_create"), new_person(world, ends_on=today(-1)))
    assert "ends_on" in bad.context["form"].errors
    assert 'value="新人"' in bad.content.decode()
    assert not Person.objects.filter(name="新人").exists()
    forged = client.post(url("person_create"), new_person(world, unit=world.unit_b.pk))
    assert "unit" in forged.context["form"].errors
    assert client.post(url("person_create"), new_person(world)).status_code == 302
    assert Person.objects.get(name="新人").roles.get().unit == world.unit_a


def test_an_account_manager_is_told_that_a_platform_manager_isnt_theirs_to_make(world, enter):
    keeper = make_account("kan", world.unit_a, StaffRole.ACCOUNT_MANAGER, name="阚")
    page = enter(keeper).post(url("person_create"), new_person(world, role="platform_manager"))
    assert "role" in page.context["form"].errors
    assert not UnitRole.objects.filter(person__name="新人").exists()


def test_ending_a_role_shows_the_filing_and_a_stranger_is_no_successor(world, enter):
    client, role = enter(world.manager), world.author.person.roles.get()
    end = {"ends_on": today(-1), "reason": "调离"}
    forged = client.post(url("role_end", role.pk), {**end, "successor": world.other_author.person_id})
    assert "successor" in forged.context["form"].errors
    answer = client.post(url("role_end", role.pk), {**end, "successor": world.second_author.person_id})
    assert answer.status_code == 200  # the successor is an entry clerk already
    done = client.post(url("role_end", role.pk), end)
    filing = PersonnelChangeFiling.objects.get()
    assert done["Location"] == url("filing_detail", filing.pk)
    assert client.get(done["Location"]).context["filing"] == filing
    assert client.post(url("role_end", role.pk), end).status_code == 200  # a second click
    assert PersonnelChangeFiling.objects.count() == 1


def test_chosen_roles_end_together_and_forged_ones_dont_exist(world, enter):
    client = enter(world.manager)
    mine, other = world.author.person.roles.get(), world.other_author.person.roles.get()
    page = client.get(url("roles_end"), {"id": [mine.pk, other.pk, "x"]})
    assert page.context["roles"] == [mine]
    client.post(url("roles_end"), {"id": [mine.pk, other.pk], "ends_on": today(), "reason": "改革"})
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.ends_on, other.ends_on) == (clock.today(), None)


def test_an_account_is_suspended_and_let_in_again_with_reasons(world, enter):
    client, account = enter(world.manager), world.author
    page = client.post(url("account_status", account.pk), {"act": "suspend", "reason": ""})
    assert "reason" in page.context["form"].errors
    client.post(url("account_status", account.pk), {"act": "suspend", "reason": "出借"})
    account.refresh_from_db()
    assert (account.status, account.status_reason) == (AccountStatus.SUSPENDED, "出借")
    assert enter(account).get(url("workbench")).status_code == 302
    client.post(url("account_status", account.pk), {"act": "reactivate", "reason": "查清"})
    account.refresh_from_db()
    assert account.is_active


def test_locking_an_administrator_becomes_a_proposal_that_another_one_decides(world, enter):
    second = make_account("fu", world.unit_a, StaffRole.PLATFORM_MANAGER, name="副")
    third = make_account("san", world.unit_a, StaffRole.PLATFORM_MANAGER, name="三")
    answer = enter(world.manager).post(url("account_status", second.pk), {"act": "suspend", "reason": "调查"})
    change = TwoPersonChange.objects.get()
    assert answer["Location"] == url("change_detail", change.pk)
    assert enter(world.author).get(answer["Location"]).status_code == 404
    decide = {"decision": "approve", "seen_digest": change.digest, "opinion": ""}
    enter(third).post(url("change_decide", change.pk), decide)
    second.refresh_from_db()
    assert second.status == AccountStatus.SUSPENDED


def application_form(world, **values):
    fields = {
        "name": "新人",
        "employment": "permanent",
        "login_name": "xinren",
        "roles": ["content_editor"],
        "need": "编辑栏目",
        "letter": letter(),
    }
    return {**fields, **values}


def test_an_application_goes_from_the_form_to_an_open_account(world, enter):
    answer = enter(world.author).post(url("application_create"), application_form(world))
    application = AccountApplication.objects.get()
    assert answer["Location"] == url("application_detail", application.pk)
    assert enter(world.author).get(url("private_file", application.letter_id)).status_code == 200
    assert enter(world.other_author).get(url("private_file", application.letter_id)).status_code == 404
    own = enter(world.author).post(answer["Location"], {"decision": "approve", "opinion": ""})
    assert own.context["form"].errors
    done = enter(world.manager).post(answer["Location"], {"decision": "approve", "opinion": ""})
    account = StaffAccount.objects.get(login_name="xinren")
    assert done["Location"] == url("account_help", account.pk)
    assert account.person.name == "新人"
    shown = enter(world.manager).post(url("account_initial_password", account.pk))
    first = shown.context["handover"].text
    entered = Client().post(url("sign_in"), {"login_name": "xinren", "password": first})
    assert entered["Location"].startswith(url("sign_in_code"))  # the first factor is proven


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"login_name": "admin"}, "login_name"),
        ({"letter": ""}, "letter"),
        ({"letter": SimpleUploadedFile("申请.pdf", b"MZ\x90\x00 not a pdf")}, "letter"),
        ({"roles": ["emperor"]}, "roles"),
        ({"name": ""}, "person"),
    ],
)
def test_a_wrong_application_comes_back_with_what_was_typed_and_stores_nothing(world, enter, values, field):
    client = enter(world.author)
    before = Person.objects.count()
    page = client.post(url("application_create"), application_form(world, **values))
    assert field in page.context["form"].errors
    assert "编辑栏目" in page.content.decode()
    assert (AccountApplication.objects.count(), Person.objects.count()) == (0, before)


def test_a_person_of_another_unit_is_no_choice_of_an_application(world, enter):
    forged = application_form(world, person=world.other_author.person_id)
    page = enter(world.author).post(url("application_create"), forged)
    assert "person" in page.context["form"].errors
    assert enter(world.author).get(url("application_create"), {"unit": world.unit_b.pk}).status_code == 404


def test_the_explanation_goes_from_the_form_to_an_account_in_use(world, enter):
    disable_account(account=world.author, reason="长期不用", actor=audit.PLATFORM)
    client = enter(world.lead)
    missing = client.post(url("account_explain", world.author.pk), {"commitment": "每周登录"})
    assert "letter" in missing.context["form"].errors
    form = {"commitment": "每周登录", "letter": letter()}
    answer = client.post(url("account_explain", world.author.pk), form)
    explanation = IdleExplanation.objects.get()
    assert answer["Location"] == url("explanation_detail", explanation.pk)
    refused = enter(world.manager).post(answer["Location"], {"decision": "refuse", "opinion": ""})
    assert "opinion" in refused.context["form"].errors
    enter(world.manager).post(answer["Location"], {"decision": "approve", "opinion": "同意"})
    explanation.refresh_from_db()
    world.author.refresh_from_db()
    assert (explanation.status, world.author.is_active) == (ApplicationStatus.APPROVED, True)


def test_the_table_goes_out_and_in_and_a_forged_unit_is_refused_in_its_row(world, enter):
    client = enter(world.manager)
    world.author  # noqa: B018  # made on first use
    data = client.get(url("people_export"))
    assert data["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(verb="person.exported").exists()
    again = client.post(url("people_import"), {"file": SimpleUploadedFile("p.xlsx", data.content)})
    assert (again.context["report"].errors, again.context["report"].created) == ([], 0)
    row = {"unit": "B00000002", "name": "张三", "employment": "permanent", "role": "content_editor"}
    forged = write_rows("x", COLUMNS, [{**row, "starts_on": clock.today()}])
    page = client.post(url("people_import"), {"file": SimpleUploadedFile("p.xlsx", forged)})
    assert [error.row for error in page.context["report"].errors] == [2]
    assert not Person.objects.filter(name="张三").exists()
    broken = client.post(url("people_import"), {"file": SimpleUploadedFile("p.xlsx", b"no table")})
    assert "file" in broken.context["form"].errors


def test_a_page_reads_the_own_roles_once(world, enter, django_assert_max_num_queries):
    client = enter(world.author)
    client.get(url("people_list"))
    with django_assert_max_num_queries(30) as queries:
        client.get(url("people_list"))
    mine = [
        query["sql"]
        for query in queries.captured_queries
        if 'SELECT "organizations_unitrole"."unit_id"' in query["sql"] and "staffaccount" in query["sql"]
    ]
    assert len(mine) == 1
