"""Every way of getting content is recorded, leads to a draft, and can be switched off (LIB-13)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from jiyue.library.batch_import import ImportPlan
from jiyue.library.checks import Moment, run_checks
from jiyue.library.completeness import NotSubmittable
from jiyue.library.enums import AcquisitionMode, ResourceStatus
from jiyue.library.models import Edition, Resource
from jiyue.library.open_intake.modes import BY_HAND, CaptureRefused, is_web_address, take_in
from jiyue.library.selectors import get_content
from jiyue.library.services import create_resource, import_documents, save_revision, submit_for_review
from jiyue.library.services.editing import ModeDisabled
from jiyue.organizations.models import Organization
from jiyue.policy.selectors import PolicyValue, Rules, read_rules
from tests.factories import World, make_content

pytestmark = pytest.mark.django_db
PAGE = "https://www.example.gov.cn/a.html"


@pytest.fixture
def stating(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a local profile state a rule about taking content in, for unit A only."""

    def state(world: World, **values: object) -> None:
        stated = {
            f"intake.{key}": PolicyValue(f"intake.{key}", value, "", "local", "试")  # type: ignore[arg-type]
            for key, value in values.items()
        }

        def read(unit: Organization) -> Rules:
            rules = read_rules(unit)
            if unit != world.unit_a:
                return rules
            return replace(rules, line=("local", *rules.line), local={"local": stated})

        monkeypatch.setattr("jiyue.library.services.editing.read_rules", read)

    return state


def make(world: World, mode: AcquisitionMode, **values: object) -> Resource:
    content = make_content(world.news, source_url=PAGE, **values)
    return create_resource(unit=world.unit_a, content=content, actor=world.author, acquisition_mode=mode)


@pytest.mark.req("LIB-13")
@pytest.mark.parametrize("mode", list(AcquisitionMode))
def test_mode_is_recorded_for_good_and_the_item_is_a_draft(world: World, mode: AcquisitionMode):
    resource = make(world, mode)
    assert (resource.acquisition_mode, resource.status) == (mode, ResourceStatus.DRAFT)
    save_revision(
        resource=resource,
        content=get_content(resource).with_values(title="改"),
        base_number=1,
        actor=world.author,
    )
    resource.refresh_from_db()
    assert resource.acquisition_mode == mode
    case = submit_for_review(resource=resource, actor=world.author)
    assert not Edition.objects.exists()
    world.decide_all(case)
    assert Edition.objects.count() == 1


@pytest.mark.req("LIB-13")
@pytest.mark.parametrize("mode", list(AcquisitionMode))
def test_profile_switches_each_mode_off_for_its_units_only(
    world: World, stating: Callable[..., None], mode: AcquisitionMode
):
    stating(world, disabled_modes=[mode.value])
    with pytest.raises(ModeDisabled):
        make(world, mode)
    for other in set(AcquisitionMode) - {mode}:
        make(world, other, title=other.value)
    create_resource(
        unit=world.unit_b,
        content=make_content(world.news, source_url=PAGE),
        actor=world.other_author,
        acquisition_mode=mode,
    )


@pytest.mark.req("LIB-13")
def test_switched_off_import_of_files_is_refused_before_reading(world: World, stating: Callable[..., None]):
    stating(world, disabled_modes=["file_import"])
    plan = ImportPlan(unit=world.unit_a, channel_ids=(world.news.pk,))
    with pytest.raises(ModeDisabled):
        import_documents(files=[], plan=plan, actor=world.author)


@pytest.mark.req("LIB-13")
@pytest.mark.parametrize("stated", ["none", "draft_only", "allowed"])
def test_captured_content_is_forbidden_or_a_draft_but_never_more(
    world: World, stating: Callable[..., None], stated: str
):
    stating(world, web_capture=stated)
    if stated == "none":
        with pytest.raises(ModeDisabled):
            make(world, AcquisitionMode.WEB_CAPTURE)
        make(world, AcquisitionMode.LINK)
    else:
        assert make(world, AcquisitionMode.WEB_CAPTURE).status == ResourceStatus.DRAFT
    assert not Edition.objects.exists()


@pytest.mark.req("LIB-13")
@pytest.mark.parametrize("mode", BY_HAND)
def test_content_from_elsewhere_names_the_page_it_came_from(world: World, mode: AcquisitionMode):
    content = make_content(world.news)
    if mode == AcquisitionMode.REPORTED:
        assert take_in(unit=world.unit_a, content=content, mode=mode, actor=world.author)
        return
    for address in ("", "www.example.gov.cn", "javascript:alert(1)", "https://", "http://[::1"):
        with pytest.raises(CaptureRefused):
            take_in(
                unit=world.unit_a,
                content=content.with_values(source_url=address),
                mode=mode,
                actor=world.author,
            )
    taken = take_in(
        unit=world.unit_a, content=content.with_values(source_url=PAGE), mode=mode, actor=world.author
    )
    assert get_content(taken).is_repost is (mode == AcquisitionMode.WEB_CAPTURE)
    save_revision(
        resource=taken,
        content=get_content(taken).with_values(source_url=""),
        base_number=1,
        actor=world.author,
    )
    taken.refresh_from_db()
    remarks = run_checks(taken, get_content(taken), unit=world.unit_a, moment=Moment.SUBMISSION)
    assert any(remark.field == "source_url" and remark.is_blocking for remark in remarks)
    with pytest.raises(NotSubmittable):
        submit_for_review(resource=taken, actor=world.author)


def test_other_ways_are_no_way_by_hand(world: World):
    for mode in set(AcquisitionMode) - set(BY_HAND):
        with pytest.raises(CaptureRefused):
            take_in(unit=world.unit_a, content=make_content(world.news), mode=mode, actor=world.author)
    assert is_web_address(PAGE)
