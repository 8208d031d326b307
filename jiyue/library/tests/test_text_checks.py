"""The text checks at work: at submission and again at release, for the unit's own rules."""

from datetime import date

import pytest

from jiyue.core import clock, outbox
from jiyue.library.checks import CHECKS, Checked, Moment
from jiyue.library.completeness import NotSubmittable
from jiyue.library.content import Attachment
from jiyue.library.services import store_media, submission_blockers, submit_for_review
from jiyue.library.services.releasing import NotReleasable
from jiyue.library.tests.media.samples import word
from jiyue.library.textchecking import check_content, check_texts, open_findings
from jiyue.organizations.models import ProfileAssignment
from jiyue.policy.selectors import read_rules
from jiyue.textcheck import wordchecks
from jiyue.textcheck.findings import Severity
from jiyue.textcheck.words import Word, WordList
from tests.factories import approve_step, make_content

MOBILE = "13800138000"


def _body(text):
    return {"body_html": f"<p>{text}</p>"}


def _assign(unit, profile):
    ProfileAssignment.objects.create(
        unit=unit, profile=profile, effective_on=date(2020, 1, 1), created_at=clock.now()
    )


def _blockers(world, **values):
    return [str(reason) for reason in submission_blockers(world.draft(**values), actor=world.author)]


def test_the_checks_are_registered(world):
    assert CHECKS.get("texts") is check_texts
    assert _blockers(world) == []


@pytest.mark.req("REV-18")
def test_private_data_is_masked_or_justified_before_submission(world):
    draft = _body(f"联系人电话{MOBILE}。")
    (reason,) = _blockers(world, **draft)
    assert MOBILE in reason
    resource = world.draft(**draft)
    with pytest.raises(NotSubmittable):
        submit_for_review(resource=resource, actor=world.author)
    assert _blockers(world, **_body("联系人电话138****8000。")) == []
    (finding,) = check_content(make_content(**draft), unit=world.unit_a)
    assert _blockers(world, **draft, justifications={finding.key: "  "}) != []
    assert _blockers(world, **draft, justifications={finding.key: "经本人书面同意公开"}) == []


@pytest.mark.req("REV-25")
def test_a_veto_stops_submission_and_no_reason_helps(world):
    draft = _body("习进平主持会议。")
    (finding,) = [one for one in check_content(make_content(**draft), unit=world.unit_a) if one.is_blocking]
    assert finding.severity == Severity.VETO
    assert _blockers(world, **draft, justifications={finding.key: "原文如此"}) != []
    assert _blockers(world, **_body("会议布署了工作。")) != []
    assert _blockers(world, **_body("会议部署了工作。")) == []


@pytest.mark.req("REV-25")
def test_the_text_is_proofread_again_before_release(world, monkeypatch):
    """A word that came onto the list while the item was in review stops its release."""
    case = world.submitted(**_body("云汀新词出现。"))
    approve_step(case, world.lead)
    late = WordList([Word("云汀新词", "", Severity.VETO)])
    monkeypatch.setattr(wordchecks, "word_list", lambda *names: late)
    with pytest.raises(NotReleasable):
        approve_step(case, world.leader)
    monkeypatch.undo()
    approve_step(case, world.leader)


def test_the_rules_of_hetang_hold_where_its_profile_is_assigned(world):
    title = "荷塘区召开安全生产工作会议部署冬春火灾防控工作"
    values = {"title": title, **_body("今天，市政府办公室召开会议。")}
    assert _blockers(world, **values) == []
    _assign(world.unit_a, "HT")
    reasons = " ".join(_blockers(world, **values))
    assert "今天" in reasons
    assert len(_blockers(world, **values)) == 2
    history = {**values, "originally_published_on": date(2019, 3, 5)}
    assert _blockers(world, **history) == []


@pytest.mark.req("REV-28")
def test_links_are_checked_at_submission_by_the_rules_of_the_unit(world):
    blocked = {"body_html": '<p>见<a href="https://www.bet365.com/">这里</a>。</p>'}
    other = {"body_html": '<p>见<a href="https://www.example.org/">这里</a>。</p>'}
    own = {"body_html": f'<p>见<a href="{world.portal.base_url}/a.html">这里</a>。</p>'}
    assert _blockers(world, **blocked) != []
    assert _blockers(world, **other) == []
    _assign(world.unit_a, "NB")
    assert _blockers(world, **other) != []
    assert _blockers(world, **own) == []


def test_law_enforcement_is_known_by_the_title(world):
    body = _body("当事人：张三丰，于2026年3月5日违法停车。")
    assert _blockers(world, **body) == []
    assert _blockers(world, **body, title="行政处罚决定书公示") != []


def test_many_findings_make_one_readable_refusal(world):
    numbers = "，".join(f"1380013{number}" for number in range(8000, 8020))
    reasons = _blockers(world, **_body(numbers))
    assert len(reasons) == 6
    assert "15" in reasons[-1]


def test_what_is_no_reason_to_stop_is_advice(world):
    content = make_content(**_body("开立帐户。"))
    checked = Checked(None, content, world.unit_a, read_rules(world.unit_a), Moment.SUBMISSION)
    (remark,) = check_texts(checked)
    assert not remark.is_blocking
    assert open_findings(check_content(content, unit=world.unit_a), {}) == []


@pytest.mark.req("REV-18", "REV-25")
def test_what_an_attachment_says_is_checked_too(world):
    """The words of a file are read after the upload; private data in them stops the item."""
    media = store_media(
        unit=world.unit_a,
        original_name="名单.docx",
        data=word(f"联系人电话{MOBILE}。"),
        actor=world.author,
    )
    outbox.drain()
    (reason,) = _blockers(world, attachments=(Attachment(media.name, "名单"),))
    assert reason.startswith("附件1：")
    assert MOBILE in reason
