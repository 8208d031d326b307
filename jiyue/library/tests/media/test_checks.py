"""What is asked of pictures and recordings before review (REV-23)."""

import pytest
from django.utils import translation

from jiyue.core.models import ScanState
from jiyue.library.checks import Moment, run_checks
from jiyue.library.content import Attachment
from jiyue.library.models import MediaFile
from jiyue.library.selectors import get_content
from jiyue.library.services import NotSubmittable, store_media, submit_for_review
from jiyue.library.tests.media import samples
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(world: World) -> MediaFile:
    return store_media(
        unit=world.unit_a, original_name="现场.png", data=samples.picture(), actor=world.author
    )


@pytest.fixture
def film(world: World) -> MediaFile:
    return store_media(unit=world.unit_a, original_name="会议.mp4", data=samples.video(), actor=world.author)


def remarks(world: World, moment: Moment = Moment.SUBMISSION, **values: object) -> dict[str, bool]:
    resource = world.draft(**values)
    with translation.override("en"):
        found = run_checks(resource, get_content(resource), unit=world.unit_a, moment=moment)
        return {str(remark.text): remark.is_blocking for remark in found}


def figure(media: MediaFile, *, alt: str = "会场", caption: str = "会议现场") -> str:
    legend = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<p>正文</p><figure><img src="/media/{media.name}" alt="{alt}">{legend}</figure>'


@pytest.mark.req("REV-23")
def test_pictures_in_the_text_need_a_description_and_a_caption(world, shown):
    found = remarks(world, body_html=figure(shown, alt="", caption=""))
    assert found["Picture 1 in the text has no description for people who can't see it."]
    assert found["Picture 1 in the text has no caption."]
    complete = remarks(world, body_html=figure(shown))
    assert not any("Picture 1" in text for text in complete)
    resource = world.draft(body_html=figure(shown, caption=""))
    with pytest.raises(NotSubmittable):
        submit_for_review(resource=resource, actor=world.author)


@pytest.mark.req("REV-23")
def test_picture_for_lists_needs_a_caption(world, shown):
    values = {"picture": shown.name, "picture_alt": "会场"}
    assert remarks(world, **values)["The picture for lists has no caption."]
    assert "The picture for lists has no caption." not in remarks(world, picture_caption="会议现场", **values)


@pytest.mark.req("REV-23")
def test_unclear_pictures_and_important_items_with_few_of_them_are_advised_not_stopped(world, shown, film):
    small = store_media(
        unit=world.unit_a, original_name="小.png", data=samples.picture((200, 150)), actor=world.author
    )
    found = remarks(world, body_html=figure(small), timeliness="major_event")
    (unclear,) = [text for text in found if "may look unclear" in text]
    (few,) = [text for text in found if "important item" in text.lower()]
    assert not found[unclear]
    assert not found[few]
    assert "200 × 150" in unclear
    assert "3 pictures" in few
    spoken = Attachment(film.name, "会议", transcript="同志们好，现在开会，请大家遵守会场纪律。")
    with_film = remarks(world, body_html=figure(shown), timeliness="major_event", attachments=(spoken,))
    assert not any("important item" in text.lower() for text in with_film)
    assert not any("important item" in text.lower() for text in remarks(world, body_html=figure(shown)))


def test_a_video_needs_subtitles_or_its_words_and_sound_needs_its_words(world, film):
    captions = store_media(
        unit=world.unit_a, original_name="a.srt", data=samples.SRT.encode(), actor=world.author
    )
    sound = store_media(unit=world.unit_a, original_name="a.mp3", data=samples.mp3(), actor=world.author)
    words = "同志们好，现在开会，请大家遵守会场纪律。"
    bare = remarks(world, attachments=(Attachment(film.name, "会议"), Attachment(sound.name, "讲话")))
    assert bare["The video “会议” has neither subtitles nor its words as a text."]
    assert bare["The recording “讲话” has no text with its words."]
    good = remarks(
        world,
        attachments=(
            Attachment(film.name, "会议", captions=captions.name),
            Attachment(sound.name, "讲话", transcript=words),
        ),
    )
    assert not any("会议" in text or "讲话" in text for text in good)


def test_a_file_cannot_stand_where_it_does_not_belong(world, shown, film):
    forged = Attachment(film.name, "会议", captions=shown.name, poster=film.name, transcript="会议实录" * 8)
    found = remarks(world, attachments=(forged,))
    assert found["The file “现场.png” can't be shown where it stands."]
    assert found["The file “会议.mp4” can't be shown where it stands."]


@pytest.mark.req("SEC-06")
@pytest.mark.parametrize("moment", Moment)
def test_no_file_with_a_virus_goes_out_and_unscanned_ones_as_the_rules_say(world, shown, monkeypatch, moment):
    values = {"body_html": figure(shown), "moment": moment}
    assert not any("scan" in text or "virus" in text for text in remarks(world, **values))
    key = "media.unscanned"
    monkeypatch.setitem(samples.rules_of("default"), key, samples.rule(key, "held"))
    assert any("hasn't seen" in text and stops for text, stops in remarks(world, **values).items())
    MediaFile.objects.update(scan_state=ScanState.INFECTED)
    assert remarks(world, **values)["The file “现场.png” carries a virus. Take it out."]


def test_an_item_about_a_recording_has_one(world, film):
    missing = "There is no recording. Upload it as an attachment, or enter its address."
    assert remarks(world, kind="video")[missing]
    assert missing not in remarks(world, kind="video", attachments=(Attachment(film.name, "会议"),))
    assert missing not in remarks(world, kind="video", details={"address": "https://tv.example.gov.cn/1"})
