from datetime import date

import pytest

from jiyue.core import audit, clock, outbox
from jiyue.library import accountability
from jiyue.library.accountability import who_answers
from jiyue.library.models import Edition, Resource
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_for_review
from jiyue.review import services as review
from jiyue.review.models import ReviewDelegation
from jiyue.sites.enums import SiteRoleName
from jiyue.sites.services import assign_site_role
from tests.factories import approve_step, make_account

pytestmark = pytest.mark.django_db


def acts_of(answers: list[accountability.Answer]) -> list[tuple[str, str]]:
    return [(answer.act, answer.who) for answer in answers]


@pytest.mark.req("ORG-14")
def test_one_query_says_who_entered_reviewed_approved_and_published(world, django_assert_num_queries):
    assign_site_role(
        site=world.portal,
        unit=world.unit_b,
        role=SiteRoleName.OPERATOR,
        starts_on=date(2020, 1, 1),
        actor=audit.PLATFORM,
    )
    resource = world.publish()
    with django_assert_num_queries(1):
        answers = who_answers(resource.pk)
    assert acts_of(answers) == [
        ("enter", "甲"),
        ("submit", "甲"),
        ("review", "乙"),
        ("approve", "庚"),
        ("publish", "庚"),
        ("operate", ""),
    ]
    published = next(answer for answer in answers if answer.act == "publish")
    assert (published.login_name, published.of_unit) == ("geng", "市政府办公室")
    assert published.authority == "role"
    assert published.role == "leader_in_charge"
    assert published.at == Edition.objects.get().published_at
    assert answers[-1].of_unit == "市交通局"
    assert answers[-1].level == world.portal.name


@pytest.mark.req("ORG-14")
def test_a_delegate_answers_with_the_own_account_and_names_whom_they_stood_in_for(world):
    case = world.submitted()
    approve_step(case, world.lead)
    deputy = make_account("deputy", world.unit_a, name="副职")
    ReviewDelegation.objects.create(
        unit=world.unit_a,
        role="leader_in_charge",
        delegator=world.leader.person,
        delegate=deputy,
        starts_on=clock.today(),
        ends_on=clock.today(),
        reason="出差",
        created_by=world.leader,
        created_at=clock.now(),
    )
    approve_step(case, deputy)
    outbox.drain()
    approved = [
        answer for answer in who_answers(int(case.items.get().subject_key)) if answer.act == "approve"
    ]
    assert [(a.who, a.login_name, a.authority, a.for_whom) for a in approved] == [
        ("副职", "deputy", "delegation", "庚")
    ]


@pytest.mark.req("ORG-14")
def test_returns_corrections_and_withdrawal_are_answered_for_and_one_edition_alone(world):
    case = world.submitted()
    step = case.steps.get(status="open")
    review.return_case(step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, reason="重写")
    item = Resource.objects.get(pk=case.items.get().subject_key)
    content = get_content(item).with_values(title="改过的标题")
    save_revision(resource=item, content=content, base_number=1, actor=world.second_author)
    item.refresh_from_db()
    world.decide_all(submit_for_review(resource=item, actor=world.author))
    outbox.drain()
    item.refresh_from_db()
    world.withdraw(item)
    answers = who_answers(item.pk)
    assert acts_of(answers) == [
        ("enter", "甲"),
        ("submit", "甲"),
        ("return", "乙"),
        ("edit", "己"),
        ("submit", "甲"),
        ("review", "乙"),
        ("approve", "庚"),
        ("publish", "庚"),
        ("withdraw", "庚"),
    ]
    edition = Edition.objects.get()
    assert "return" not in [answer.act for answer in who_answers(item.pk, edition=edition)]
    assert ("withdraw", "庚") in acts_of(who_answers(item.pk, edition=edition))


def test_every_act_has_a_word():
    assert all(str(word) for word in accountability.ACTS.values())
