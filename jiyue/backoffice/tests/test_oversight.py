import pytest
from django.db import connection
from django.urls import reverse

from jiyue.core import audit
from jiyue.core.models import AuditEntry

LIST = "/audit/"


def test_trail_tells_who_did_what(world, enter):
    world.draft(title="要查的稿件")
    page = enter(world.inspector).get(LIST, {"verb": "resource.created"})
    row = page.context["rows"][0]
    assert row.person == "甲"
    assert "要查的稿件" in [value for _name, value in row.facts]


def test_trail_is_narrowed_by_person_and_day(world, enter):
    world.draft()
    client = enter(world.inspector)
    assert client.get(LIST, {"person": "甲", "verb": "resource.created"}).context["rows"]
    assert not client.get(LIST, {"person": "无此人"}).context["rows"]
    assert not client.get(LIST, {"until": "2000-01-01"}).context["rows"]
    assert client.get(LIST, {"since": "2023-02-30"}).context["form"].errors["since"]


def test_verification_says_that_the_trail_holds_and_is_itself_recorded(world, enter):
    world.draft()
    audit.seal_entries()
    answer = enter(world.manager).post(reverse("backoffice:audit_verify"))
    assert answer.context["report"].breaches == ()
    assert AuditEntry.objects.filter(verb="audit.verified").exists()


def test_verification_names_a_changed_entry(world, enter):
    world.draft()
    audit.seal_entries()
    table = AuditEntry._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            pytest.skip("tampering here uses SQLite's way of dropping a trigger")
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(f"UPDATE {table} SET verb = 'resource.saved' WHERE verb = 'resource.created'")
    answer = enter(world.inspector).post(reverse("backoffice:audit_verify"))
    assert [breach.reason for breach, _text in answer.context["breaches"]] == ["changed", "guard_missing"]


def test_oversight_is_closed_to_everybody_else(world, enter):
    for account in (world.author, world.lead, world.leader):
        assert enter(account).get(LIST).status_code == 403
