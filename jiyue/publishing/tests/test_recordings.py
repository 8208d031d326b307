"""Videos and sound on public pages: started by the reader, with subtitles and words (REV-23)."""

from pathlib import Path

import pytest
from django.conf import settings

from jiyue.core import outbox
from jiyue.library.content import Attachment
from jiyue.library.services import store_media
from jiyue.library.tests.media import samples
from tests.factories import World

pytestmark = pytest.mark.django_db
WORDS = "同志们好，现在开会。\n请大家遵守会场纪律，把手机调成静音。"


def put(world: World, data: bytes, name: str) -> str:
    return store_media(unit=world.unit_a, original_name=name, data=data, actor=world.author).name


def published(suffix: str) -> list[Path]:
    return sorted(Path(settings.JIYUE_OUTPUT_DIR).rglob(f"*{suffix}"))


@pytest.mark.req("REV-23")
def test_page_plays_a_recording_with_subtitles_still_and_words_and_never_by_itself(world: World) -> None:
    film = put(world, samples.video(), "会议.mp4")
    sound = put(world, samples.mp3(), "讲话.mp3")
    captions, still = put(world, samples.SRT.encode(), "a.srt"), put(world, samples.picture(), "a.png")
    paper = put(world, samples.pdf(), "方案.pdf")
    resource = world.publish(
        attachments=(
            Attachment(film, "全市会议<录像>", captions=captions, poster=still),
            Attachment(sound, "讲话录音", transcript=WORDS),
            Attachment(paper, "实施方案"),
        )
    )
    outbox.drain()
    page = next(path for path in published(".html") if path.name == f"{resource.pk}.html").read_text()
    assert (
        f'<video controls preload="metadata" aria-label="全市会议&lt;录像&gt;" poster="/media/{still}">'
        in page
    )
    assert f'<source src="/media/{film}" type="video/mp4">' in page
    assert f'<track kind="captions" src="/media/{captions}" srclang="zh-Hans"' in page
    assert f'<source src="/media/{sound}" type="audio/mpeg">' in page
    assert "<p>请大家遵守会场纪律，把手机调成静音。</p>" in page
    assert "autoplay" not in page
    assert page.count("download>") == 3  # the attachment, and one way out for each player
    names = {path.name for path in published("") if path.parent.name == "media"}
    assert {film, captions, still, sound, paper} <= names
    world.withdraw(resource)
    outbox.drain()
    assert not {path.name for path in published("") if path.parent.name == "media"} & {film, captions, still}
