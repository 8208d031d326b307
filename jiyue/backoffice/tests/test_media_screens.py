import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from jiyue.backoffice.tests.test_editing import picture
from jiyue.core.models import ScheduledJob
from jiyue.library.content import Attachment
from jiyue.library.models import MediaFile
from jiyue.library.selectors import get_content
from jiyue.library.services import store_media
from jiyue.library.tests.media import samples
from jiyue.review.models import ReviewStep

UPLOAD = "/media/upload/"


def test_picture_is_sent_with_its_own_type_and_nothing_to_guess(world, enter):
    media = store_media(unit=world.unit_a, original_name="图.png", data=picture().read(), actor=world.author)
    answer = enter(world.lead).get(reverse("backoffice:media_file", args=[media.name]))
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "attachment" not in answer["Content-Disposition"]


def test_pdf_is_always_a_download(world, enter):
    media = store_media(
        unit=world.unit_a, original_name="附件.pdf", data=b"%PDF-1.4\n%%EOF", actor=world.author
    )
    answer = enter(world.lead).get(reverse("backoffice:media_file", args=[media.name]))
    assert answer["Content-Disposition"].startswith("attachment")


def test_file_of_another_unit_does_not_exist(world, enter):
    media = store_media(unit=world.unit_a, original_name="图.png", data=picture().read(), actor=world.author)
    assert enter(world.other_lead).get(reverse("backoffice:media_file", args=[media.name])).status_code == 404


def test_editor_uploads_a_picture_for_the_own_unit_only(world, enter):
    client = enter(world.author)
    answer = client.post(f"{UPLOAD}?unit={world.unit_a.pk}", {"file": picture()})
    assert answer.json()["location"].startswith("/media/")
    assert client.post(f"{UPLOAD}?unit={world.unit_b.pk}", {"file": picture()}).status_code == 404


def test_refused_upload_answers_with_message_and_fix(world, enter):
    file = SimpleUploadedFile("a.png", b"<script>", "image/png")
    answer = enter(world.author).post(UPLOAD, {"file": file})
    assert answer.status_code == 422
    assert set(answer.json()["error"]) == {"code", "message", "fix"}
    assert enter(world.author).post(UPLOAD).status_code == 400


def address(media):
    return reverse("backoffice:media_file", args=[media.name])


def put(world, data, name):
    return store_media(unit=world.unit_a, original_name=name, data=data, actor=world.author)


def test_a_player_gets_the_part_it_asks_for(world, enter):
    media = put(world, samples.video(), "会议.mp4")
    client = enter(world.lead)
    whole = client.get(address(media))
    data = b"".join(whole.streaming_content)
    assert (whole.status_code, whole["Accept-Ranges"], whole["Content-Type"]) == (200, "bytes", "video/mp4")
    part = client.get(address(media), headers={"Range": "bytes=10-19"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 10-19/{len(data)}")
    assert b"".join(part.streaming_content) == data[10:20]
    tail = client.get(address(media), headers={"Range": "bytes=-5"})
    assert b"".join(tail.streaming_content) == data[-5:]
    assert client.get(address(media), headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    for odd in ("bytes=9-1", "bytes=1-2,5-6", "lines=1-2", "bytes=-", "bytes=a-b"):
        assert client.get(address(media), headers={"Range": odd}).status_code == 200


@pytest.mark.req("SEC-06")
def test_every_file_is_sent_with_nothing_to_guess_and_nothing_that_runs(world, enter):
    client = enter(world.author)
    for data, name in ((samples.pdf(), "a.pdf"), (samples.video(), "a.mp4"), (samples.SRT.encode(), "a.srt")):
        answer = client.get(address(put(world, data, name)))
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Content-Disposition"].startswith("attachment") == (name == "a.pdf")


def test_a_file_with_a_virus_is_not_sent_to_anybody(world, enter):
    media = put(world, samples.pdf(), "a.pdf")
    MediaFile.objects.update(scan_state="infected")
    assert enter(world.author).get(address(media)).status_code == 403


def test_a_reviewer_of_another_unit_sees_the_files_of_the_item_before_them_and_no_others(world, enter):
    shown, other = put(world, samples.pdf("one"), "a.pdf"), put(world, samples.pdf("two"), "b.pdf")
    case = world.submitted(attachments=(Attachment(shown.name, "附件"),))
    assert enter(world.other_lead).get(address(shown)).status_code == 404
    step = case.steps.get(status="open")
    ReviewStep.objects.filter(pk=step.pk).update(unit=world.unit_b)
    client = enter(world.other_lead)
    assert client.get(address(shown)).status_code == 200
    assert client.get(address(other)).status_code == 404
    assert enter(world.other_author).get(address(shown)).status_code == 404


def test_upload_of_a_large_picture_says_that_it_was_cut_down(world, enter):
    file = SimpleUploadedFile("大图.jpg", samples.noisy((3000, 2000), quality=97), "image/jpeg")
    answer = enter(world.author).post(UPLOAD, {"file": file}).json()
    assert answer["width"] == 1920
    assert "1920" in answer["notice"]


def test_recording_with_subtitles_and_still_is_put_together_in_the_form(world, enter):
    client, resource = enter(world.author), world.draft()
    edit = reverse("backoffice:resource_edit", args=[resource.pk])
    film = SimpleUploadedFile("会议.mp4", samples.video(), "video/mp4")
    answer = client.post(edit, posted(client.get(edit)) | {"attachment_files": film})
    assert answer.status_code == 302
    resource.refresh_from_db()
    (attachment,) = get_content(resource).attachments
    page = client.get(edit)
    assert f"captions_{attachment.media}" in page.content.decode()
    parts = {
        f"captions_{attachment.media}": SimpleUploadedFile("a.srt", samples.SRT.encode()),
        f"poster_{attachment.media}": SimpleUploadedFile("a.png", samples.picture()),
    }
    client.post(edit, posted(page) | parts)
    resource.refresh_from_db()
    (attachment,) = get_content(resource).attachments
    assert attachment.captions.endswith(".vtt")
    assert attachment.poster.endswith(".png")
    resource.refresh_from_db()
    wrong = {f"captions_{attachment.media}": SimpleUploadedFile("a.png", samples.picture((640, 480)))}
    answer = client.post(edit, posted(client.get(edit)) | wrong)
    assert answer.status_code == 200
    assert "a.png" in answer.content.decode()


def posted(page):
    """What a browser would send back unchanged."""
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}
    data = {name: value for name, value in values.items() if not name.endswith("_file")}
    for attachment, _media in page.context["attachments"]:
        for part in ("media", "title", "captions", "poster", "transcript"):
            data[f"attachment_{part}"] = getattr(attachment, part)
    return data


def test_the_board_shows_what_was_not_scanned_and_a_manager_asks_for_a_scan(world, enter):
    put(world, samples.pdf(), "没扫描.pdf")
    page = enter(world.manager).get(reverse("backoffice:scan_board"))
    assert "没扫描.pdf" in page.content.decode()
    assert enter(world.manager).post(reverse("backoffice:scan_again")).status_code == 302
    assert ScheduledJob.objects.filter(name="core.virus_rescan").exists()
