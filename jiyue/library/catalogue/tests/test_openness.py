"""The openness attribute: stated at the source, only active ones go out, and then promptly (REV-17)."""

from datetime import UTC, datetime

import pytest
import time_machine

from jiyue.core import clock
from jiyue.library.catalogue.prompting import KIND, prompt_publication
from jiyue.library.catalogue.tests.scenes import DOCUMENT, Saying, fields_of, remarks
from jiyue.library.checks import Moment
from jiyue.library.selectors import get_content
from jiyue.library.services import NotSubmittable, save_revision, submit_for_review
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.policy.shipped import read_profiles

pytestmark = pytest.mark.django_db


@pytest.mark.req("REV-17")
@pytest.mark.parametrize("moment", list(Moment))
def test_only_what_is_actively_public_passes_at_both_moments(world, moment):
    assert remarks(world, moment, openness="active", openness_basis="条例第二十条") == []
    for openness in ("on_request", "not_public", "nonsense"):
        assert fields_of(remarks(world, moment, openness=openness)) == {"openness"}, openness


@pytest.mark.req("REV-17")
def test_chongqing_asks_every_item_and_nanbu_policy_documents(world):
    every, documents, nobody = (
        Saying(world, review__openness_required=word) for word in ("all", "documents", "none")
    )
    for rules, asked in ((every, (True, True)), (documents, (False, True)), (nobody, (False, False))):
        news = fields_of(remarks(world, rules=rules))
        document = fields_of(remarks(world, rules=rules, **DOCUMENT))
        assert ("openness" in news, "openness" in document) == asked
        assert remarks(world, rules=rules, openness="active") == []
    stated = {code: profile.values for code, profile in read_profiles().items()}
    assert stated["CQ"]["review.openness_required"].value == "all"
    assert stated["NB"]["review.openness_required"].value == "documents"


def test_an_item_on_request_can_not_be_submitted(world):
    resource = world.draft(openness="on_request")
    with pytest.raises(NotSubmittable):
        submit_for_review(resource=resource, actor=world.author)


@pytest.mark.req("REV-17")
def test_what_is_to_be_public_starts_a_clock_that_its_release_stops(world):
    with time_machine.travel(datetime(2026, 3, 2, 1, tzinfo=UTC), tick=False):
        stated_at = clock.now()
        waiting = world.draft(openness="active")
        changed = world.draft(openness="active")
        world.draft()
    with time_machine.travel(datetime(2026, 3, 3, 1, tzinfo=UTC), tick=False):
        for _round in range(2):
            list(prompt_publication())
        rows = Obligation.objects.filter(kind=KIND)
        assert {row.subject_key for row in rows} == {str(waiting.pk), str(changed.pk)}
        assert {row.opened_at for row in rows} == {stated_at}
        assert {row.unit for row in rows} == {world.unit_a}
        content = get_content(changed).with_values(openness="on_request")
        save_revision(resource=changed, content=content, base_number=1, actor=world.author)
        list(prompt_publication())
        world.decide_all(submit_for_review(resource=waiting, actor=world.author))
    found = dict(Obligation.objects.filter(kind=KIND).values_list("subject_key", "status"))
    assert found == {
        str(waiting.pk): ObligationStatus.SATISFIED,
        str(changed.pk): ObligationStatus.LAPSED,
    }
