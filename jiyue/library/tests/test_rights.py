"""Doors that were once forgotten: closed accounts, other units' files, closed channels, hostile text."""

from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from jiyue.core import clock, crypto, outbox
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, OutboxMessage, OutboxStatus
from jiyue.library.content import MAX_FIELD_CHARS, Attachment
from jiyue.library.enums import ResourceStatus, WithdrawalReason
from jiyue.library.models import Edition, LiveEdition, MediaFile, Resource, ResourceRevision
from jiyue.library.permissions import NotYourUnit
from jiyue.library.selectors import get_content
from jiyue.library.services import (
    MediaRefused,
    NotSubmittable,
    create_resource,
    save_revision,
    store_media,
    submission_blockers,
    submit_batch,
    submit_for_review,
    withdraw_resource,
)
from jiyue.library.services.editing import MediaNotYours, TextTooLong
from jiyue.library.services.releasing import NotReleasable
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.review import services as review
from jiyue.review.enums import StepStatus
from jiyue.review.models import CaseItem, ReviewCase
from tests.factories import World, approve_step, make_content, note_correction

pytestmark = pytest.mark.django_db


def picture(size: tuple[int, int] = (8, 8), picture_format: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("1", size).save(file, picture_format)
    return file.getvalue()


def approve(case: ReviewCase, actor: StaffAccount) -> None:
    approve_step(case, actor)


def withdraw(resource: Resource, actor: StaffAccount) -> None:
    withdraw_resource(resource=resource, reason_type=WithdrawalReason.SECRECY, reason="涉密", actor=actor)


def correction(world: World, resource: Resource) -> ReviewCase:
    resource.refresh_from_db()
    content = get_content(resource).with_values(title="更正后的标题")
    save_revision(
        resource=resource, content=content, base_number=resource.last_revision, actor=world.second_author
    )
    note_correction(resource, world.second_author)
    return submit_for_review(resource=resource, actor=world.second_author)


# Rights


def test_closed_account_does_nothing_whatever_its_person_still_holds(world: World) -> None:
    case = world.submitted()
    for account in (world.author, world.lead):
        StaffAccount.objects.filter(pk=account.pk).update(status="closed")
    with pytest.raises(NotYourUnit):
        create_resource(unit=world.unit_a, content=make_content(world.news), actor=world.author)
    with pytest.raises(review.NotTheReviewer):
        approve(case, world.lead)


@pytest.mark.req("REV-02")
def test_first_author_does_not_decide_on_a_correction_by_somebody_else(world: World) -> None:
    """甲 wrote the item, became review lead later, and 己 corrected it: it is still 甲's own item."""
    case = correction(world, world.publish())
    world.author.person.roles.all().delete()
    world.author.person.roles.create(
        unit=world.unit_a, role=StaffRole.REVIEW_LEAD, starts_on=date(2020, 1, 1)
    )
    with pytest.raises(review.SelfApprovalForbidden):
        approve(case, world.author)


def test_batch_of_two_units_is_refused_whatever_the_caller_read(world: World) -> None:
    mine = world.draft()
    other = create_resource(unit=world.unit_b, content=make_content(world.news), actor=world.other_author)
    other.unit = world.unit_a  # a stale or forged object
    for resources in ([mine, other], [other]):
        with pytest.raises(DomainError):
            submit_batch(resources=resources, title="批次", actor=world.author)


@pytest.mark.parametrize("where", ["picture", "attachment", "body"])
def test_file_of_another_unit_cannot_be_shown_or_offered(world: World, where: str) -> None:
    media = store_media(unit=world.unit_b, original_name="内部.png", data=picture(), actor=world.other_author)
    choices: dict[str, dict[str, object]] = {
        "picture": {"picture": media.name, "picture_alt": "图", "picture_caption": "图"},
        "attachment": {"attachments": (Attachment(media.name, "附件"),)},
        "body": {
            "body_html": f'<p>文</p><figure><img src="/media/{media.name}" alt="图">'
            "<figcaption>图</figcaption></figure>"
        },
    }
    values = choices[where]
    with pytest.raises(MediaNotYours):
        world.draft(**values)
    resource = world.draft()
    stored = get_content(resource).with_values(**values)
    ResourceRevision.objects.create(
        resource=resource,
        number=2,
        content_json=stored.as_json(),
        digest=stored.digest(),
        account=world.author,
        person=world.author.person,
        created_at=clock.now(),
    )
    Resource.objects.update(last_revision=2)
    resource.refresh_from_db()
    assert len(submission_blockers(resource, actor=world.author)) == 1
    with pytest.raises(NotSubmittable):
        submit_for_review(resource=resource, actor=world.author)


# Channels that stop being open


def test_old_draft_for_a_channel_that_was_closed_is_not_submitted(world: World) -> None:
    resource = world.draft()
    world.news.contributors.remove(world.unit_a)
    assert len(submission_blockers(resource, actor=world.author)) == 1
    with pytest.raises(NotSubmittable):
        submit_for_review(resource=resource, actor=world.author)


def test_channel_closed_during_the_review_stops_the_release_and_leaves_the_case_open(world: World) -> None:
    case = world.submitted()
    approve(case, world.lead)
    world.news.contributors.remove(world.unit_a)
    with pytest.raises(NotReleasable):
        approve(case, world.leader)
    step = case.steps.get(status=StepStatus.OPEN)
    review.return_case(
        step_id=step.pk, seen_digest=case.manifest_digest, actor=world.leader, reason="另选栏目"
    )
    assert Resource.objects.get().status == ResourceStatus.RETURNED
    assert not Edition.objects.exists()


def test_item_of_a_batch_that_cannot_go_out_comes_back_and_the_others_go_out(world: World) -> None:
    good = world.draft(channels=(world.county_news,))
    bad = world.draft(channels=(world.news,))
    case = submit_batch(resources=[good, bad], title="批次", actor=world.author)
    world.decide_all(case)
    world.news.contributors.remove(world.unit_a)
    outbox.drain()
    assert LiveEdition.objects.get().resource == good
    item = case.items.get(subject_key=str(bad.pk))
    assert not item.is_open
    assert "栏目" in item.refusal or "channel" in item.refusal
    bad.refresh_from_db()
    assert bad.status == ResourceStatus.RETURNED
    content = get_content(bad).with_values(channel_ids=(world.county_news.pk,))
    save_revision(resource=bad, content=content, base_number=1, actor=world.author)
    world.decide_all(submit_for_review(resource=bad, actor=world.author))
    assert LiveEdition.objects.count() == 2
    review.release_item(CaseItem.objects.get(pk=item.pk))  # a late retry of the old row changes nothing
    assert Edition.objects.count() == 2


def test_release_that_failed_stays_visible_and_can_be_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = submit_batch(resources=[world.draft(), world.draft()], title="批次", actor=world.author)
    world.decide_all(case)
    with monkeypatch.context() as patch:
        patch.setattr("jiyue.library.services.releasing._next_index_number", lambda unit: 1 / 0)
        patch.setattr(outbox, "MAX_ATTEMPTS", 1)
        outbox.drain()
    failed = OutboxMessage.objects.filter(topic=review.RELEASE_TOPIC, status=OutboxStatus.FAILED)
    assert failed.count() == 2
    assert CaseItem.objects.filter(is_open=True).count() == 2
    outbox.retry_failed(list(failed.values_list("pk", flat=True)))
    outbox.drain()
    assert LiveEdition.objects.count() == 2


# Withdrawal


@pytest.mark.req("LIB-16")
def test_withdrawal_after_the_approval_stands_against_a_release_that_comes_late(world: World) -> None:
    resource = world.publish()
    other = world.draft()
    resource.refresh_from_db()
    content = get_content(resource).with_values(title="更正后的标题")
    save_revision(resource=resource, content=content, base_number=1, actor=world.author)
    note_correction(resource, world.author)
    case = submit_batch(resources=[resource, other], title="批次", actor=world.author)
    world.decide_all(case)
    withdraw(resource, world.leader)
    outbox.drain()
    resource.refresh_from_db()
    assert resource.status == ResourceStatus.WITHDRAWN
    assert LiveEdition.objects.get().resource == other
    assert AuditEntry.objects.filter(verb="edition.held_back", subject_id=str(resource.pk)).exists()
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    assert LiveEdition.objects.get(resource=resource).edition.title == "更正后的标题"


def test_withdrawn_item_comes_back_unchanged_as_a_new_edition_of_a_new_case(world: World) -> None:
    resource = world.publish()
    withdraw(resource, world.leader)
    resource.refresh_from_db()
    case = submit_for_review(resource=resource, actor=world.second_author)
    assert set(case.authors.values_list("person_id", flat=True)) == {
        world.author.person_id,
        world.second_author.person_id,
    }
    world.decide_all(case)
    first, second = Edition.objects.order_by("number")
    assert LiveEdition.objects.get().edition == second
    assert second.case == case
    assert first.index_number == second.index_number


# Numbers and states


@pytest.mark.req("LIB-04")
def test_number_that_an_imported_document_brought_along_is_passed_over(world: World) -> None:
    year = clock.today().year
    world.publish(index_number=f"A00000001/{year}-00002")
    numbers = [world.publish() and Edition.objects.latest("pk").index_number for _ in range(2)]
    assert numbers == [f"A00000001/{year}-00001", f"A00000001/{year}-00003"]


@pytest.mark.req("REV-29")
def test_original_date_in_the_future_is_not_submitted(world: World) -> None:
    resource = world.draft(originally_published_on=clock.today() + timedelta(days=1))
    assert len(submission_blockers(resource, actor=world.author)) == 1


def test_state_changed_behind_the_platforms_back_is_never_released(world: World) -> None:
    case = world.submitted()
    approve(case, world.lead)
    CaseItem.objects.update(digest="0" * 64)
    with pytest.raises(Exception, match="全市"):
        approve(case, world.leader)
    assert not Edition.objects.exists()


# Bad input


def test_over_long_fields_are_refused_and_characters_no_database_stores_are_dropped(world: World) -> None:
    for values in ({"source": "源" * (MAX_FIELD_CHARS + 1)}, {"keywords": ("词" * 500,) * 5}):
        with pytest.raises(TextTooLong):
            world.draft(**values)
    resource = world.draft(
        author="甲\x00\ud800", title="标\x00题", body_html="<p>文&#0;&#xD800;\x00\udfff</p>"
    )
    assert get_content(resource).author == "甲"
    assert resource.title == "标题"


def test_unknown_kind_is_not_stored(world: World) -> None:
    with pytest.raises(LookupError):
        world.draft(kind="nothing")


def test_opinion_without_end_is_refused_and_its_unstorable_characters_are_dropped(world: World) -> None:
    case = world.submitted()
    step = case.steps.get(status=StepStatus.OPEN)
    decide = {"step_id": step.pk, "seen_digest": case.manifest_digest, "actor": world.lead}
    with pytest.raises(review.OpinionTooLong):
        review.approve(**decide, opinion="长" * (review.MAX_OPINION_CHARS + 1))
    with pytest.raises(review.ReasonMissing):
        review.return_case(**decide, reason="\x00 \ud800")
    review.return_case(**decide, reason="缺\x00附件\ud800")
    assert case.actions.get(verb="return").opinion == "缺附件"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, picture((8000, 8000)), picture(picture_format="BMP")],
    ids=["empty", "broken", "bomb", "other format"],
)
def test_broken_pictures_bombs_and_other_formats_are_refused(world: World, data: bytes) -> None:
    with pytest.raises(MediaRefused):
        store_media(unit=world.unit_a, original_name="图.png", data=data, actor=world.author)
    assert not MediaFile.objects.exists()


def test_same_picture_is_stored_once_and_left_complete(world: World) -> None:
    for name in ("甲\x00.png", "乙.png"):
        store_media(unit=world.unit_a, original_name=name, data=picture(), actor=world.author)
    assert MediaFile.objects.get().original_name == "甲.png"
    files = [path for path in Path(settings.JIYUE_MEDIA_DIR).rglob("*") if path.is_file()]
    media = MediaFile.objects.get()
    assert [crypto.sm3_hex(path.read_bytes()) for path in files] == [media.sm3]
    assert media.source_sm3 == crypto.sm3_hex(picture())
