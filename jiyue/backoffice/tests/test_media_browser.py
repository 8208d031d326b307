"""Pictures and recordings in a real browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from jiyue.backoffice.tests.test_browser import city, clerk_page  # noqa: F401  # fixtures
from jiyue.library.content import Attachment
from jiyue.library.selectors import get_content
from jiyue.library.services import store_media
from jiyue.library.tests.media import samples
from tests.plumbing.browser import save_screenshot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_clerk_puts_picture_video_and_attachment_together(clerk_page, live_server, city):  # noqa: F811
    film = store_media(unit=city.unit_a, original_name="会议.mp4", data=samples.video(), actor=city.author)
    resource = city.draft(attachments=(Attachment(film.name, "全市会议录像"),))
    clerk_page.set_viewport_size({"width": 1440, "height": 900})
    clerk_page.goto(live_server.url + reverse("backoffice:resource_edit", args=[resource.pk]))
    picture = {
        "name": "现场.jpg",
        "mimeType": "image/jpeg",
        "buffer": samples.picture((2600, 1800), "JPEG"),
    }
    clerk_page.set_input_files("[name=picture_file]", picture)
    clerk_page.fill("[name=picture_alt]", "会议主席台，十余人就座")
    clerk_page.fill("[name=picture_caption]", "全市集约化平台建设工作会议现场")
    captions = {"name": "字幕.srt", "mimeType": "text/plain", "buffer": samples.SRT.encode()}
    clerk_page.set_input_files(f'[name="captions_{film.name}"]', captions)
    clerk_page.click(".save-bar button >> nth=0")
    clerk_page.wait_for_selector(".notice-success")
    resource.refresh_from_db()
    content = get_content(resource)
    assert content.attachments[0].captions.endswith(".vtt")
    shown = clerk_page.locator("figure.picture img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 1920
    save_screenshot(clerk_page, "media")
    clerk_page.set_viewport_size({"width": 390, "height": 844})
    wide = clerk_page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
