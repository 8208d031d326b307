from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content

IMPORT = "/import/"
MARKDOWN = """# 云汀市城市绿化条例

第一条 为了保护和改善生态环境，制定本条例。

第二条 本条例适用于本市城市规划区。
"""


def markdown(name: str = "城市绿化条例.md", text: str = MARKDOWN) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(), "text/markdown")


def test_each_file_becomes_a_draft_with_a_report(world, enter):
    data = {"channel_ids": [world.news.pk], "files": [markdown(), SimpleUploadedFile("空.txt", b"")]}
    answer = enter(world.author).post(IMPORT, data)
    imported, refused = answer.context["reports"]
    resource = Resource.objects.get()
    assert imported.resource == resource
    assert resource.status == ResourceStatus.DRAFT
    assert get_content(resource).channel_ids == (world.news.pk,)
    assert "云汀市城市绿化条例" in answer.content.decode()
    assert refused.resource is None
    assert refused.refusal


def test_same_file_twice_points_to_the_first_item(world, enter):
    client = enter(world.author)
    client.post(IMPORT, {"files": [markdown()]})
    answer = client.post(IMPORT, {"files": [markdown("另一个名字.md")]})
    report = answer.context["reports"][0]
    assert report.is_duplicate
    assert report.resource == Resource.objects.get()
    assert reverse("backoffice:resource_detail", args=[report.resource.pk]) in answer.content.decode()


def test_file_that_is_not_what_its_name_says_is_refused_alone(world, enter):
    fake = SimpleUploadedFile("假.docx", b"not a docx at all")
    answer = enter(world.author).post(IMPORT, {"files": [fake, markdown()]})
    assert [bool(report.resource) for report in answer.context["reports"]] == [False, True]


def test_import_without_files_says_so(world, enter):
    answer = enter(world.author).post(IMPORT, {})
    assert answer.context["form"].non_field_errors()


def test_import_for_another_unit_does_not_exist(world, enter):
    answer = enter(world.author).post(f"{IMPORT}?unit={world.unit_b.pk}", {"files": [markdown()]})
    assert answer.status_code == 404
    assert not Resource.objects.exists()


def test_what_a_file_does_not_say_is_filled_in_from_the_form(world, enter):
    data = {"files": [markdown()], "source": "市人大常委会", "author": "法制工作委员会"}
    enter(world.author).post(IMPORT, data)
    content = get_content(Resource.objects.get())
    assert (content.source, content.author) == ("市人大常委会", "法制工作委员会")
