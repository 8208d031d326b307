"""No edition without the complete chain over its own state, whoever writes: the database refuses it."""

import pytest
from django.db import IntegrityError, connection, transaction

from jiyue.core import clock
from jiyue.library.models import Edition, LiveEdition, ResourceRevision
from jiyue.review.models import ReviewAction, ReviewCase, ReviewStep
from tests.factories import World, approve_step

pytestmark = pytest.mark.django_db


def write_past_the_services(revision: ResourceRevision, case: ReviewCase | None) -> None:
    """Insert an edition as somebody with access to the database would."""
    columns = {
        "resource_id": revision.resource_id,
        "number": 99,
        "revision_id": revision.pk,
        "case_id": case.pk if case else None,
        "kind": "article",
        "title": "伪造",
        "index_number": "",
        "content_json": "{}",
        "body_text": "",
        "body_format": 1,
        "digest": "0" * 64,
        "published_at": clock.now(),
    }
    marks = ", ".join(["%s"] * len(columns))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO library_edition ({', '.join(columns)}) VALUES ({marks})",  # fixed names
            list(columns.values()),
        )


@pytest.mark.req("LIB-02", "REV-01")
@pytest.mark.parametrize(
    "state", ["no case", "open", "one approval", "steps forged", "case forged", "returned"]
)
def test_edition_written_past_the_services_is_refused(world: World, state: str) -> None:
    case = world.submitted()
    revision = ResourceRevision.objects.get()
    if state in ("one approval", "steps forged"):
        approve_step(case, world.lead)
    if state == "steps forged":
        ReviewStep.objects.update(status="approved")
    if state in ("steps forged", "case forged"):
        ReviewCase.objects.update(status="approved", closed_at=clock.now())
    if state == "returned":
        ReviewCase.objects.update(status="returned", closed_at=clock.now())
    with pytest.raises(IntegrityError):
        write_past_the_services(revision, None if state == "no case" else case)
    assert not Edition.objects.exists()


@pytest.mark.req("LIB-02", "REV-01")
def test_finished_case_of_another_item_or_state_lends_its_chain_to_nobody(world: World) -> None:
    published = world.publish()
    case = Edition.objects.get().case
    draft = world.draft(title="没有审过的稿件")
    with pytest.raises(IntegrityError):
        write_past_the_services(draft.revisions.get(), case)
    later = published.revisions.create(
        number=2,
        content_json={},
        digest="",
        account=world.author,
        person=world.author.person,
        created_at=clock.now(),
    )
    with pytest.raises(IntegrityError):
        write_past_the_services(later, case)
    assert Edition.objects.count() == 1


@pytest.mark.req("LIB-02")
@pytest.mark.parametrize(
    "statement", ["UPDATE library_edition SET title = 'x'", "DELETE FROM library_edition"]
)
def test_edition_is_neither_changed_nor_deleted(world: World, statement: str) -> None:
    world.publish()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LiveEdition.objects.get().edition.title != "x"


@pytest.mark.req("REV-03")
@pytest.mark.parametrize(
    "verb", ["UPDATE review_reviewaction SET opinion = 'x'", "DELETE FROM review_reviewaction"]
)
def test_acts_are_neither_changed_nor_deleted(world: World, verb: str) -> None:
    world.submitted()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb)
    assert ReviewAction.objects.count() == 1
