import pytest
from django.urls import reverse

from jiyue.core import clock, outbox
from jiyue.core.models import OutboxMessage
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_batch, submit_for_review
from jiyue.library.use.corrections import FoundError, record_correction
from jiyue.library.use.enums import ErrorKind, Finder
from jiyue.review import services as review
from jiyue.review.enums import CaseStatus
from jiyue.review.models import CaseItem, ReviewAction, ReviewCase


def decide_address(case: ReviewCase) -> str:
    return reverse("backoffice:case_decide", args=[case.pk])


def decision(case: ReviewCase, verb: str = "approve", **values: object) -> dict[str, object]:
    """What the browser sends when the reviewer presses a button."""
    step = case.steps.get(status="open")
    signed: dict[str, object] = {"gates": step.gates} if step.gates else {}
    if step.needs_secrecy_review:
        signed |= {"secrecy_result": "public", "secrecy_basis": "不涉密"}
    data = {"step": step.pk, "seen_digest": case.manifest_digest, "decision": verb, "opinion": ""}
    return data | signed | values


@pytest.mark.req("REV-01")
def test_three_people_take_an_item_to_the_public(world, enter):
    resource = world.draft()
    enter(world.author).post(reverse("backoffice:resource_submit", args=[resource.pk]), {"comment": "请审"})
    case = ReviewCase.objects.get()
    enter(world.lead).post(decide_address(case), decision(case))
    assert not Edition.objects.exists()
    enter(world.leader).post(decide_address(case), decision(case, opinion="同意"))
    assert Edition.objects.get().resource == resource


def test_items_that_lack_something_say_what_and_cant_be_submitted(world, enter):
    resource = world.draft(author="")
    client = enter(world.author)
    address = reverse("backoffice:resource_submit", args=[resource.pk])
    page = client.get(address)
    assert page.context["blockers"]
    assert b"disabled" in page.content
    answer = client.post(address, {"comment": "说明要保留"})
    assert answer.status_code == 200
    assert "说明要保留" in answer.content.decode()
    assert not ReviewCase.objects.exists()


@pytest.mark.req("REV-32")
def test_return_without_a_reason_is_refused_and_with_one_unlocks_the_item(world, enter):
    case = world.submitted()
    client = enter(world.lead)
    refused = client.post(decide_address(case), decision(case, "return"))
    assert refused.status_code == 409
    assert refused.context["form"].errors["opinion"]
    client.post(decide_address(case), decision(case, "return", opinion="标题有误"))
    case.refresh_from_db()
    assert case.status == CaseStatus.RETURNED
    author = enter(world.author)
    pk = case.items.get().subject_key
    page = author.get(reverse("backoffice:resource_detail", args=[pk]))
    assert page.context["resource"].status == ResourceStatus.RETURNED
    assert "标题有误" in page.content.decode()
    author.post(reverse("backoffice:resource_submit", args=[pk]), {"comment": "已改"})
    first, second = author.get(reverse("backoffice:resource_detail", args=[pk])).context["story"]
    assert first.events[-1].action.opinion == "标题有误"
    assert first.events[-1].duration is not None
    assert second.waiting.role == "review_lead"


def test_second_click_on_approve_changes_nothing(world, enter):
    case = world.submitted()
    client = enter(world.lead)
    data = decision(case)
    client.post(decide_address(case), data)
    again = client.post(decide_address(case), data)
    assert again.status_code == 302
    assert again.url == reverse("backoffice:case_detail", args=[case.pk])
    assert ReviewAction.objects.filter(verb="approve").count() == 1


def test_approval_after_somebody_else_returned_it_is_a_friendly_note(world, enter):
    case = world.submitted()
    data = decision(case)
    step = case.steps.get(status="open")
    review.return_case(step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, reason="重写")
    answer = enter(world.lead).post(decide_address(case), data, follow=True)
    assert answer.status_code == 200
    assert list(answer.context["messages"])
    assert not Edition.objects.exists()


def test_decision_on_a_state_that_was_not_on_the_screen_is_refused(world, enter):
    case = world.submitted()
    answer = enter(world.lead).post(
        decide_address(case), decision(case, seen_digest="0" * 64, opinion="我的意见")
    )
    assert answer.status_code == 409
    assert "我的意见" in answer.content.decode()
    assert not ReviewAction.objects.filter(verb="approve").exists()


def test_author_gets_no_buttons_and_no_decision(world, enter):
    case = world.submitted()
    client = enter(world.author)
    page = client.get(reverse("backoffice:case_detail", args=[case.pk]))
    assert not page.context["may_decide"]
    assert b'name="decision"' not in page.content
    assert client.post(decide_address(case), decision(case)).status_code == 409


def test_step_of_another_case_is_refused(world, enter):
    first, second = world.submitted(title="甲"), world.submitted(title="乙")
    data = decision(first) | {"step": second.steps.get(status="open").pk}
    assert enter(world.lead).post(decide_address(first), data).status_code == 400


def test_after_a_decision_the_next_waiting_item_opens(world, enter):
    first, second = world.submitted(title="甲"), world.submitted(title="乙")
    answer = enter(world.lead).post(decide_address(first), decision(first))
    assert answer.url == reverse("backoffice:case_detail", args=[second.pk])


def test_correction_shows_what_changes_against_the_public_version(world, enter):
    resource = world.publish(body_html="<p>会议于周一召开。</p>")
    content = get_content(resource).with_values(body_html="<p>会议于周二召开。</p>")
    save_revision(resource=resource, content=content, base_number=resource.last_revision, actor=world.author)
    resource.refresh_from_db()
    found = FoundError(kind=ErrorKind.FACT, error="会期写错", finder=Finder.SELF, found_at=clock.now())
    record_correction(resource=resource, found=found, actor=world.author)
    case = submit_for_review(resource=resource, actor=world.author)
    page = enter(world.lead).get(reverse("backoffice:case_detail", args=[case.pk])).content.decode()
    assert "<del>一</del><ins>二</ins>" in page
    assert "会期写错" in page


def test_batch_takes_the_ready_items_and_names_the_others(world, enter):
    ready = [world.draft(title=f"稿件{number}") for number in range(3)]
    unready = world.draft(title="缺作者", author="")
    client = enter(world.author)
    address = reverse("backoffice:resource_batch") + "?all=1&status=draft"
    page = client.get(address)
    assert len(page.context["selection"].ready) == 3
    assert page.context["selection"].unready[0][0] == unready
    answer = client.post(address, {"title": "十一月批次", "comment": "", "expected": 3})
    case = ReviewCase.objects.get()
    assert answer.url == reverse("backoffice:case_detail", args=[case.pk])
    assert case.item_count == 3
    assert set(case.items.values_list("subject_key", flat=True)) == {str(item.pk) for item in ready}


def test_batch_of_chosen_items_takes_only_those(world, enter):
    chosen, _other = world.draft(title="选"), world.draft(title="不选")
    address = reverse("backoffice:resource_batch") + f"?id={chosen.pk}"
    page = enter(world.author).get(address)
    assert page.context["selection"].ready == [chosen]


def test_batch_that_changed_meanwhile_is_shown_again(world, enter):
    world.draft(title="一")
    client = enter(world.author)
    address = reverse("backoffice:resource_batch") + "?all=1"
    world.draft(title="二")
    answer = client.post(address, {"title": "批次", "comment": "", "expected": 1})
    assert answer.status_code == 200
    assert not ReviewCase.objects.exists()
    assert answer.context["form"]["expected"].value() == "2"


def test_clerk_cannot_put_items_of_another_unit_into_a_batch(world, enter):
    foreign = world.draft()
    page = enter(world.other_author).get(reverse("backoffice:resource_batch") + f"?id={foreign.pk}")
    assert page.context["selection"].ready == []


def test_batch_case_shows_progress_and_failures_per_item(world, enter):
    resources = [world.draft(title=f"稿件{number}") for number in range(3)]
    case = submit_batch(resources=resources, title="批次", actor=world.author)
    world.decide_all(case)
    items = list(CaseItem.objects.filter(case=case).order_by("position"))
    review.release_item(items[0])
    OutboxMessage.objects.filter(key=str(items[1].pk)).update(status="failed", last_error="磁盘已满")
    page = enter(world.lead).get(reverse("backoffice:case_detail", args=[case.pk]))
    assert page.context["released"] == 1
    assert page.context["rows"][1].failure == "磁盘已满"
    item_page = enter(world.lead).get(reverse("backoffice:case_item", args=[case.pk, items[1].pk]))
    assert item_page.context["previous"] == items[0]
    assert item_page.context["next"] == items[2]
    outbox.drain()


def test_item_of_another_case_is_not_found(world, enter):
    first, second = world.submitted(title="甲"), world.submitted(title="乙")
    address = reverse("backoffice:case_item", args=[first.pk, second.items.get().pk])
    assert enter(world.lead).get(address).status_code == 404


def test_withdrawal_names_the_effect_and_leaves_a_trace(world, enter):
    resource = world.publish()
    client = enter(world.leader)
    address = reverse("backoffice:resource_withdraw", args=[resource.pk])
    page = client.get(address)
    assert page.context["site_count"] == len({p.site_id for p, _address in page.context["addresses"]})
    refused = client.post(address, {"reason_type": "", "reason": "写了一半"})
    assert refused.status_code == 200
    assert "写了一半" in refused.content.decode()
    client.post(address, {"reason_type": "wrong_content", "reason": "数据有误"})
    detail = client.get(reverse("backoffice:resource_detail", args=[resource.pk]))
    assert detail.context["resource"].status == ResourceStatus.WITHDRAWN
    assert "数据有误" in detail.content.decode()
    assert resource.withdrawals.get().reason == "数据有误"


def test_withdrawing_twice_is_a_clear_refusal(world, enter):
    resource = world.publish()
    world.withdraw(resource)
    client = enter(world.leader)
    address = reverse("backoffice:resource_withdraw", args=[resource.pk])
    answer = client.post(address, {"reason_type": "other", "reason": "再次"})
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()


@pytest.mark.req("REV-13")
def test_each_gate_is_signed_by_name_and_a_missing_one_keeps_all_that_was_typed(world, enter):
    case = world.submitted()
    client = enter(world.lead)
    page = client.get(reverse("backoffice:case_detail", args=[case.pk]))
    gates = [value for value, _label in page.context["form"].fields["gates"].choices]
    assert gates == ["politics", "law", "policy", "secrecy", "wording"]
    refused = client.post(
        decide_address(case),
        decision(case, gates=gates[:4], opinion="文字关待查", secrecy_basis="经保密员核对"),
    )
    assert refused.status_code == 409
    assert refused.context["form"].errors["gates"]
    text = refused.content.decode()
    assert "文字关待查" in text
    assert "经保密员核对" in text
    assert text.count('name="gates"') == 5
    assert text.count("checked") == 5  # four gates and the result of the secrecy review
    assert not ReviewAction.objects.filter(verb="approve").exists()
    client.post(decide_address(case), decision(case))
    assert ReviewAction.objects.get(verb="approve").record_json["gates"] == sorted(gates)


@pytest.mark.req("REV-14")
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"secrecy_basis": ""}, "secrecy_basis"),
        ({"secrecy_result": ""}, "secrecy_basis"),
        ({"secrecy_result": "undecided"}, "secrecy_result"),
        ({"secrecy_result": "secret"}, "secrecy_result"),
    ],
)
def test_nothing_passes_without_a_secrecy_review_that_allows_it(world, enter, values, field):
    case = world.submitted()
    refused = enter(world.lead).post(decide_address(case), decision(case, **values))
    assert refused.status_code == 409
    assert refused.context["form"].errors[field]
    assert not ReviewAction.objects.filter(verb="approve").exists()


@pytest.mark.req("REV-14")
def test_secrecy_review_is_on_record_with_reviewer_result_and_basis(world, enter):
    case = world.submitted()
    client = enter(world.lead)
    client.post(decide_address(case), decision(case, secrecy_basis="保密员张某核对"))
    action = ReviewAction.objects.get(verb="approve")
    assert action.record_json["secrecy"] == {"result": "public", "basis": "保密员张某核对"}
    assert action.person_id == world.lead.person_id
    following = world.submitted(title="下一件")
    page = client.get(reverse("backoffice:case_detail", args=[following.pk]))
    assert page.context["form"]["secrecy_basis"].value() == "保密员张某核对"
    assert page.context["form"]["secrecy_result"].value() is None


def test_gate_that_the_step_does_not_ask_for_is_refused(world, enter):
    case = world.submitted()
    answer = enter(world.lead).post(decide_address(case), decision(case, gates=["politics", "forged"]))
    assert answer.status_code == 400
    assert answer.context["form"].errors["gates"]


def test_case_page_costs_the_same_for_any_history(world, enter, django_assert_max_num_queries):
    case = world.submitted()
    client = enter(world.lead)
    address = reverse("backoffice:case_detail", args=[case.pk])
    client.get(address)
    with django_assert_max_num_queries(33):
        client.get(address)
