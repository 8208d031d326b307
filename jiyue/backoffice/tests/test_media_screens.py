from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from jiyue.backoffice.tests.test_editing import picture
from jiyue.library.services import store_media

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
