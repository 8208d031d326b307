"""The trail on screen: whose entries one sees, the export, and the erasure of a text."""

import csv
import io

import pytest
from django.urls import reverse

from jiyue.core import audit, two_person
from jiyue.core.models import AuditEntry, AuditText, TwoPersonChange
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.trail import OutsideOversight, propose_erasure
from tests.factories import make_account

EXPORT = "/audit/export/"


def exported(client, **query: str) -> list[list[str]]:
    answer = client.get(EXPORT, query)
    text = b"".join(answer.streaming_content).decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


@pytest.mark.req("ORG-04")
def test_inspector_of_one_subtree_sees_nothing_of_another(world, enter):
    world.draft(title="甲单位稿件")
    stranger = make_account("stranger", world.unit_b, StaffRole.INSPECTOR)
    rows = enter(stranger).get("/audit/").context["rows"]
    assert {row.entry.unit_id for row in rows} <= {world.unit_b.pk}
    assert not enter(stranger).get("/audit/", {"verb": "resource.created"}).context["rows"]
    entry = AuditEntry.objects.filter(verb="resource.created").first()
    assert enter(stranger).get(reverse("backoffice:audit_entry", args=[entry.pk])).status_code == 404
    assert all(line[3] == world.unit_b.name for line in exported(enter(stranger))[1:])


def test_whoever_oversees_every_unit_sees_the_acts_of_the_platform_too(world, enter):
    unit_b = world.unit_b  # a second tree: nobody oversees the whole platform
    audit.record(actor=audit.PLATFORM, verb="audit.verified", subject_type="audit", subject_id=1)
    assert not [row for row in enter(world.inspector).get("/audit/").context["rows"] if not row.unit]
    unit_b.supervising_unit, unit_b.path = world.unit_a, f"{world.unit_a.path}{unit_b.code}/"
    unit_b.save()
    assert [row for row in enter(world.inspector).get("/audit/").context["rows"] if not row.unit]


@pytest.mark.req("SEC-11")
def test_export_carries_who_when_from_where_what_and_the_place_in_the_chain(world, enter):
    world.draft(title="要导出的稿件")
    audit.seal_entries()
    heading, *lines = exported(enter(world.inspector), verb="resource.created")
    assert len(lines) == 1
    assert len(heading) == len(lines[0]) == 11
    entry = AuditEntry.objects.get(verb="resource.created")
    assert lines[0][0] == str(entry.pk)
    assert lines[0][2:4] == ["甲", world.unit_a.name]
    assert "要导出的稿件" in lines[0][8]
    assert int(lines[0][9]) > 0
    assert AuditEntry.objects.filter(verb="audit.exported").count() == 1


def test_cell_of_the_export_never_starts_a_formula(world, enter):
    audit.record(
        actor=world.author.audit_actor(), verb="=HYPERLINK(1)", subject_type="@thing", subject_id="+1"
    )
    line = exported(enter(world.inspector), subject_id="+1")[1]
    assert line[4:7] == ["'=HYPERLINK(1)", "'@thing", "'+1"]


def test_export_with_a_filter_that_cannot_be_read_goes_back_to_the_form(world, enter):
    answer = enter(world.inspector).get(EXPORT, {"since": "2023-02-30"})
    assert answer.status_code == 302
    assert answer.url.startswith("/audit/?since=")


def test_words_and_addresses_narrow_the_trail(world, enter):
    world.draft(title="防汛通知")
    client = enter(world.inspector)
    assert client.get("/audit/", {"words": "防汛"}).context["rows"]
    assert not client.get("/audit/", {"words": "无此词"}).context["rows"]
    assert not client.get("/audit/", {"address": "203.0.113."}).context["rows"]


def test_text_is_erased_only_after_a_second_person_who_oversees_the_unit_agrees(world, enter):
    world.draft(title="含个人信息")
    entry = AuditEntry.objects.filter(verb="resource.created").first()
    page = reverse("backoffice:audit_entry", args=[entry.pk])
    client = enter(world.inspector)
    assert client.post(page, {"reason": " "}).status_code == 400
    assert client.post(page, {"reason": "个人信息保护法第四十七条"}).status_code == 302
    assert client.post(page, {"reason": "再次"}).status_code == 409
    change = TwoPersonChange.objects.get()
    outsider = make_account("stranger", world.unit_b, StaffRole.INSPECTOR)
    for account, refusal in (
        (world.inspector, two_person.SamePerson),
        (world.leader, OutsideOversight),
        (outsider, OutsideOversight),
    ):
        with pytest.raises(refusal):
            two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=account.audit_actor())
    assert AuditText.objects.get(pk=entry.pk).body
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=world.manager.audit_actor())
    assert AuditText.objects.get(pk=entry.pk).body == ""
    assert client.get(page).context["row"].facts is None
    audit.seal_entries()
    assert audit.verify().breaches == ()


def test_erasure_of_an_entry_one_does_not_oversee_cannot_be_proposed(world):
    world.draft()
    entry = AuditEntry.objects.filter(verb="resource.created").first()
    outsider = make_account("stranger", world.unit_b, StaffRole.INSPECTOR)
    with pytest.raises(OutsideOversight):
        propose_erasure(entry=entry, reason="x", actor=outsider)
