import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from jiyue.backoffice.tests.forms import form_of, form_of_resource
from jiyue.library.content import MAX_BODY_CHARS
from jiyue.library.models import MediaFile, Resource
from jiyue.library.selectors import get_content, get_current_revision
from jiyue.library.services import save_revision, store_media
from jiyue.sites.models import Channel
from tests.factories import make_content

WORD_TABLE = (
    '<p class="MsoNormal" style="text-align:center"><span style="font-size:16pt">任务分解表</span></p>'
    '<table class="MsoTableGrid" border="1" style="border-collapse:collapse"><tbody><tr>'
    '<td width="64" style="width:48pt"><p class="MsoNormal">序号<o:p></o:p></p></td>'
    '<td colspan="2"><p class="MsoNormal">任务</p></td></tr>'
    '<tr><td rowspan="2"><p>1</p></td><td>甲项</td><td>乙项</td></tr>'
    "<tr><td>丙项</td><td>丁项</td></tr></tbody></table>"
)


def picture(name: str = "a.png", colour: str = "red") -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue(), "image/png")


def edit_address(resource: Resource) -> str:
    return reverse("backoffice:resource_edit", args=[resource.pk])


def test_clerk_writes_a_draft_for_channels_of_two_sites(world, enter):
    client = enter(world.author)
    content = make_content(world.news, world.county_news, title="新稿件")
    answer = client.post(reverse("backoffice:resource_create"), form_of(content, 0))
    assert answer.status_code == 302
    resource = Resource.objects.get(title="新稿件")
    assert resource.unit == world.unit_a
    assert get_content(resource).channel_ids == tuple(sorted((world.news.pk, world.county_news.pk)))


def test_channel_of_a_unit_with_just_one_is_ticked_in_a_new_item_only(world, enter):
    client = enter(world.author)
    address = reverse("backoffice:resource_create")
    assert len(client.get(address).context["form"].chosen_channels()) != 1
    for channel in (world.news, world.county_news):
        channel.contributors.clear()
    world.news.contributors.add(world.unit_a)
    others = Channel.objects.filter(contributors=world.unit_a).exclude(pk=world.news.pk)
    for channel in others:
        channel.contributors.remove(world.unit_a)
    assert client.get(address).context["form"].chosen_channels() == {world.news.pk}
    draft = world.draft(channel_ids=())
    assert client.get(edit_address(draft)).context["form"].chosen_channels() == set()


def test_opening_and_saving_changes_nothing(world, enter):
    resource = world.draft(document_number="〔2026〕1号", keywords=("政务", "公开"))
    before = get_current_revision(resource)
    answer = enter(world.author).post(edit_address(resource), form_of_resource(resource))
    assert answer.status_code == 302
    assert get_current_revision(resource).digest == before.digest


def test_pasted_word_table_survives_saving(world, enter):
    resource = world.draft()
    enter(world.author).post(edit_address(resource), form_of_resource(resource, body_html=WORD_TABLE))
    resource.refresh_from_db()
    body = get_content(resource).body_html
    assert "<table" in body
    assert 'colspan="2"' in body
    assert 'rowspan="2"' in body
    assert "style=" not in body
    assert "Mso" not in body


def test_scripts_never_reach_the_page(world, enter):
    client = enter(world.author)
    resource = world.draft(body_html='<p onclick="x()">文</p><script>alert(1)</script>')
    for name in ("resource_detail", "resource_preview"):
        page = client.get(reverse(f"backoffice:{name}", args=[resource.pk])).content.decode()
        assert "alert(1)" not in page
        assert "onclick" not in page


def test_second_clerk_sees_both_texts_and_loses_nothing(world, enter):
    resource = world.draft()
    opened = form_of_resource(resource, title="甲改的标题", body_html="<p>甲改的正文</p>")
    content = get_content(resource)
    save_revision(
        resource=resource,
        content=content.with_values(title="己改的标题", body_html="<p>己改的正文</p>"),
        base_number=1,
        actor=world.second_author,
    )
    client = enter(world.author)
    answer = client.post(edit_address(resource), opened)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "甲改的标题" in page
    assert "甲改的正文" in page
    assert "己改的标题" in page
    assert "己改的正文" in page
    assert "己" in page
    resource.refresh_from_db()
    assert resource.title == "己改的标题"
    base_number = answer.context["form"]["base_number"].value()
    again = client.post(edit_address(resource), opened | {"base_number": base_number})
    assert again.status_code == 302
    resource.refresh_from_db()
    assert resource.title == "甲改的标题"
    assert resource.revisions.count() == 3


def test_item_that_went_to_review_meanwhile_keeps_the_typed_text(world, enter):
    case = world.submitted()
    resource = Resource.objects.get(pk=case.items.get().subject_key)
    answer = enter(world.author).post(edit_address(resource), form_of_resource(resource, title="迟到的标题"))
    assert answer.status_code == 409
    assert "迟到的标题" in answer.content.decode()
    resource.refresh_from_db()
    assert resource.title != "迟到的标题"


def test_locked_item_opens_as_a_page_that_names_who_has_it(world, enter):
    case = world.submitted()
    pk = case.items.get().subject_key
    answer = enter(world.author).get(reverse("backoffice:resource_edit", args=[pk]), follow=True)
    assert answer.redirect_chain[-1][0] == f"/resources/{pk}/"
    assert answer.context["waiting"].role == "review_lead"


def test_missing_title_and_impossible_date_keep_the_form(world, enter):
    resource = world.draft()
    data = form_of_resource(resource, title="", written_on="2023-02-30", author="保留我")
    answer = enter(world.author).post(edit_address(resource), data)
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"title", "written_on"}
    page = answer.content.decode()
    assert "保留我" in page
    assert "2023-02-30" in page


def test_too_long_text_is_refused_with_its_length(world, enter):
    resource = world.draft()
    answer = enter(world.author).post(
        edit_address(resource), form_of_resource(resource, body_html="文" * (MAX_BODY_CHARS + 1))
    )
    assert answer.status_code == 200
    assert str(MAX_BODY_CHARS) in str(answer.context["form"].errors["body_html"])


def test_channel_of_nobody_is_refused(world, enter):
    closed = world.news
    resource = world.draft()
    closed.contributors.remove(world.unit_a)
    answer = enter(world.author).post(edit_address(resource), form_of_resource(resource))
    assert answer.status_code == 200
    assert answer.context["form"].errors["channel_ids"]


def test_picture_and_attachment_are_stored_and_kept(world, enter):
    resource = world.draft()
    client = enter(world.author)
    pdf = SimpleUploadedFile("通知附件.pdf", b"%PDF-1.4 test\n%%EOF", "application/pdf")
    files = {"picture_file": picture(), "attachment_files": [pdf]}
    answer = client.post(edit_address(resource), form_of_resource(resource, picture_alt="红色方块") | files)
    assert answer.status_code == 302
    resource.refresh_from_db()
    content = get_content(resource)
    assert content.picture.endswith(".png")
    assert [attachment.title for attachment in content.attachments] == ["通知附件"]
    client.post(edit_address(resource), form_of_resource(resource, summary="再存一次"))
    resource.refresh_from_db()
    assert get_content(resource).attachments == content.attachments
    removed = {"attachment_remove": [content.attachments[0].media], "remove_picture": "on"}
    client.post(edit_address(resource), form_of_resource(resource) | removed)
    resource.refresh_from_db()
    assert get_content(resource).attachments == ()
    assert get_content(resource).picture == ""


def test_uploaded_picture_is_not_lost_when_another_field_is_wrong(world, enter):
    resource = world.draft()
    data = form_of_resource(resource, title="") | {"picture_file": picture()}
    answer = enter(world.author).post(edit_address(resource), data)
    stored = MediaFile.objects.get()
    assert answer.context["picture"] == stored
    assert f'name="picture" value="{stored.name}"' in answer.content.decode()


def test_file_that_is_no_picture_is_refused_at_its_field(world, enter):
    resource = world.draft()
    data = form_of_resource(resource) | {"picture_file": SimpleUploadedFile("a.png", b"GIF89a", "image/png")}
    answer = enter(world.author).post(edit_address(resource), data)
    assert answer.context["form"].errors["picture_file"]


def test_picture_of_another_unit_is_refused(world, enter):
    foreign = store_media(
        unit=world.unit_b, original_name="b.png", data=picture(colour="blue").read(), actor=world.other_author
    )
    resource = world.draft()
    for values in (
        {"picture": foreign.name, "picture_alt": "x"},
        {"attachment_media": [foreign.name], "attachment_title": ["x"]},
        {"body_html": f'<p><img src="/media/{foreign.name}" alt="x"></p>'},
    ):
        answer = enter(world.author).post(edit_address(resource), form_of_resource(resource, **values))
        assert answer.status_code == 200, values
        assert answer.context["form"].errors


def test_title_with_markup_is_shown_as_text(world, enter):
    resource = world.draft(title="<b>标题</b>")
    page = enter(world.author).get(reverse("backoffice:resource_detail", args=[resource.pk])).content.decode()
    assert "<b>标题</b>" not in page
    assert "&lt;b&gt;标题&lt;/b&gt;" in page
