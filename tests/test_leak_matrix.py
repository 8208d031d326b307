"""Leak matrix: each hidden state × each output. Nothing that isn't public may be found anywhere.

Every state hides a word of its own, in the title, the body, the summary, the
source and the file name's picture. Each output is read as a visitor could read
it, compressed copies unpacked.
"""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from jiyue.core import clock, outbox
from jiyue.library.content import Attachment
from jiyue.library.models import Edition, Resource
from jiyue.library.open_intake.conformance import iterate_live
from jiyue.library.open_intake.enums import ItemState
from jiyue.library.open_intake.formats import Format, export_items
from jiyue.library.open_intake.models import IntakeItem
from jiyue.library.open_intake.receiving import status_of
from jiyue.library.open_intake.standards import read_standards
from jiyue.library.selectors import get_content, get_current_revision
from jiyue.library.services import save_revision, store_media, submit_for_review
from jiyue.library.tests.media import samples
from jiyue.library.use.models import Offer
from jiyue.library.use.picks import list_pickable
from jiyue.publishing.exporting.tests.former_site import confirm
from jiyue.publishing.webarchive.capture_keeping import withdraw_captured
from jiyue.publishing.webarchive.models import CapturedPage
from jiyue.publishing.work.planning import plan_release
from jiyue.review import services as review
from jiyue.review.enums import StepStatus
from jiyue.search.documents import iterate_documents, load_documents
from jiyue.search.selectors import search_site
from jiyue.sites.models import Channel
from tests.factories import World, approve_step, note_correction
from tests.leak_outputs import (
    MADE_OUTPUTS,
    SECRET,
    archive_site,
    capture_former_site,
    clerk_of_other_unit,
    with_named_page,
)

pytestmark = pytest.mark.django_db

# One picture for each state, told apart by its colour.
COLOURS = {
    state: red
    for red, state in enumerate(
        ("draft", "in_review", "second_level", "planned", "returned", "superseded", "withdrawn", "edited"),
        start=1,
    )
}


def make_picture(world: World, colour: int) -> str:
    data = BytesIO()
    Image.new("RGB", (4, 4), (colour * 30, 0, 0)).save(data, "PNG")
    media = store_media(unit=world.unit_a, original_name="图.png", data=data.getvalue(), actor=world.author)
    return media.name


def make_files(world: World, state: str) -> tuple[Attachment, ...]:
    """A document and a video with subtitles and words; each holds the hidden word."""
    word = store_media(
        unit=world.unit_a, original_name="a.docx", data=samples.word(f"{SECRET}{state}"), actor=world.author
    )
    film = store_media(
        unit=world.unit_a,
        original_name="a.mp4",
        data=samples.video(extra=samples.box(b"mdat", f"{SECRET}{state}".encode())),
        actor=world.author,
    )
    subtitles = f"1\n00:00:01,000 --> 00:00:02,000\n{SECRET}{state}\n"
    captions = store_media(
        unit=world.unit_a, original_name="a.srt", data=subtitles.encode(), actor=world.author
    )
    return (
        Attachment(word.name, f"附件{SECRET}"),
        Attachment(film.name, f"视频{SECRET}", captions=captions.name, transcript=f"实录{SECRET}" * 5),
    )


def secret_values(world: World, state: str) -> dict[str, object]:
    name = make_picture(world, COLOURS[state])
    return {
        "title": f"标题{SECRET}",
        "body_html": (
            f'<p>正文{SECRET}</p><figure><img src="/media/{name}" alt="{SECRET}">'
            f"<figcaption>说明{SECRET}</figcaption></figure>"
        ),
        "summary": f"摘要{SECRET}",
        "source": f"来源{SECRET}",
        "author": f"作者{SECRET}",
        "picture": name,
        "picture_alt": f"图{SECRET}",
        "attachments": make_files(world, state),
        "picture_caption": f"图说{SECRET}",
    }


def save(world: World, resource: Resource, **values: object) -> Resource:
    resource.refresh_from_db()
    save_revision(
        resource=resource,
        content=get_content(resource).with_values(**values),
        base_number=get_current_revision(resource).number,
        actor=world.author,
    )
    resource.refresh_from_db()
    return resource


def draft(world: World) -> Resource:
    """Written, never submitted."""
    return world.draft(**secret_values(world, "draft"))


def in_review(world: World) -> Resource:
    """Submitted, nobody has decided."""
    return Resource.objects.get(pk=_key(world.submitted(**secret_values(world, "in_review"))))


def second_level(world: World) -> Resource:
    """Approved by the review lead, not by the leader in charge."""
    case = world.submitted(**secret_values(world, "second_level"))
    approve_step(case, world.lead)
    return Resource.objects.get(pk=_key(case))


def planned(world: World) -> Resource:
    """Approved by everybody; its moment hasn't come."""
    case = world.submitted(**secret_values(world, "planned"))
    plan_release(case_id=case.pk, release_at=clock.now() + timedelta(days=1), actor=world.author)
    world.decide_all(case)
    return Resource.objects.get(pk=_key(case))


def returned(world: World) -> Resource:
    """Sent back by the review lead."""
    case = world.submitted(**secret_values(world, "returned"))
    step = case.steps.get(status=StepStatus.OPEN)
    review.return_case(
        step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, reason=f"不妥：{SECRET}"
    )
    return Resource.objects.get(pk=_key(case))


def superseded(world: World) -> Resource:
    """Public once; a corrected edition has taken its place."""
    resource = world.publish(**secret_values(world, "superseded"))
    save(
        world,
        resource,
        title="更正后的标题",
        body_html="<p>更正后的正文</p>",
        summary="",
        source="市政府办公室",
        author="甲",
        picture="",
        picture_alt="",
        attachments=(),
        picture_caption="",
    )
    note_correction(resource, world.author)
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    return resource


def withdrawn(world: World) -> Resource:
    """Public once, taken down."""
    resource = world.publish(**secret_values(world, "withdrawn"))
    world.withdraw(resource)
    return resource


def edited(world: World) -> Resource:
    """Public; a newer state is being written."""
    resource = world.publish(title="公开的标题")
    return save(world, resource, **secret_values(world, "edited"))


def captured_waiting(world: World) -> Resource:
    """Pages of a former site; the second person hasn't decided."""
    capture_former_site(world, f"{SECRET}captured")
    return world.publish(title="别的公开稿件")


def captured_withdrawn(world: World) -> Resource:
    """Pages of a former site, public once, taken down."""
    confirm(world, capture_former_site(world, f"{SECRET}captured"))
    for page in CapturedPage.objects.all():
        withdraw_captured(page=page, reason=f"不妥：{SECRET}", actor=world.leader)
    return world.publish(title="别的公开稿件")


def _key(case) -> int:
    return int(case.items.get().subject_key)


STATES: tuple[Callable[[World], Resource], ...] = (
    draft,
    in_review,
    second_level,
    planned,
    returned,
    superseded,
    withdrawn,
    edited,
    captured_waiting,
    captured_withdrawn,
)


def published_bytes(*suffixes: str, under: str = "") -> bytes:
    """What lies in the output folder in files of these kinds, compressed copies unpacked."""
    found = [b""]
    for path in Path(settings.JIYUE_OUTPUT_DIR).rglob("*"):
        name = path.name.removesuffix(".gz")
        if path.is_file() and name.endswith(suffixes) and under in path.as_posix():
            data = path.read_bytes()
            found.append(gzip.decompress(data) if path.suffix == ".gz" else data)
    return b"\n".join(found)


def detail_pages(resource: Resource) -> bytes:
    return published_bytes(".html", under="/202")


def list_and_home_pages(resource: Resource) -> bytes:
    root = Path(settings.JIYUE_OUTPUT_DIR)
    return b"\n".join(path.read_bytes() for path in root.rglob("index.html"))


def feeds(resource: Resource) -> bytes:
    return published_bytes("feed.xml", "atom.xml")


def sitemaps(resource: Resource) -> bytes:
    text = published_bytes(".xml", under="sitemap")
    return with_named_page(text, resource)


def file_names(resource: Resource) -> bytes:
    root = Path(settings.JIYUE_OUTPUT_DIR)
    names = "\n".join(path.relative_to(root).as_posix() for path in root.rglob("*"))
    return with_named_page(names.encode(), resource)


def media_files(resource: Resource) -> bytes:
    """Any picture is a leak here: every one of them belongs to a hidden state."""
    pictures = list(Path(settings.JIYUE_OUTPUT_DIR).rglob("media/*"))
    return SECRET.encode() if pictures else b""


def sites_table(resource: Resource) -> bytes:
    return published_bytes("sites.json")


def compressed_copies(resource: Resource) -> bytes:
    return b"\n".join(
        gzip.decompress(path.read_bytes()) for path in Path(settings.JIYUE_OUTPUT_DIR).rglob("*.gz")
    )


def everything_published(resource: Resource) -> bytes:
    return published_bytes("")


def search_documents(resource: Resource) -> bytes:
    documents = [*iterate_documents(), *load_documents([resource.pk]).values()]
    return json.dumps([repr(document) for document in documents], ensure_ascii=False).encode()


def search_results(resource: Resource) -> bytes:
    """What visitors of both sites find when they ask for the hidden word itself."""
    found = [search_site(site_key=key, text=SECRET).total for key in ("shi", "xian")]
    return SECRET.encode() if any(found) else b""


def library_standards(resource: Resource) -> bytes:
    """What another library gets, in every standard and format."""
    return b"".join(
        piece
        for standard in read_standards().values()
        for form in Format
        for piece in export_items(iterate_live(), standard, form, account=None)
    )


def intake_status(resource: Resource) -> bytes:
    """What a business system reads of an item that it handed in."""
    item = IntakeItem(state=ItemState.ACCEPTED, resource=resource, received_at=clock.now())
    return json.dumps(status_of(item), ensure_ascii=False).encode()


def picking(resource: Resource) -> bytes:
    """What the editors of another unit's column find for it."""
    channel = Channel.objects.get(key="zhuanzai")
    Offer.objects.get_or_create(
        resource=resource,
        channel=channel,
        edition=Edition.objects.filter(resource=resource).first() or Edition.objects.earliest("pk"),
        defaults={"matches": [], "offered_at": clock.now()},
    )
    lives = list_pickable(clerk_of_other_unit(), channel)
    return repr([(live.edition.title, live.edition.content) for live in lives]).encode()


OUTPUTS: tuple[Callable[[Resource], bytes], ...] = (
    detail_pages,
    list_and_home_pages,
    feeds,
    sitemaps,
    file_names,
    media_files,
    sites_table,
    compressed_copies,
    everything_published,
    search_documents,
    search_results,
    library_standards,
    intake_status,
    picking,
    *MADE_OUTPUTS,
)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_hidden_text_is_in_no_output(state):
    world = World()
    neighbour = world.publish(title="邻居")
    resource = state(world)
    world.publish(title="后来者")
    outbox.drain()
    archive_site(world)
    leaks = [output.__name__ for output in OUTPUTS if SECRET.encode() in output(resource)]
    assert leaks == []
    assert "邻居".encode() in detail_pages(neighbour)


def test_matrix_would_notice_a_leak():
    world = World()
    resource = world.publish(**secret_values(world, "draft"))
    archive_site(world)
    seen = {output.__name__ for output in OUTPUTS if SECRET.encode() in output(resource)}
    # These carry no text of an item; kept pages are sealed.
    silent = {
        "sitemaps",
        "file_names",
        "sites_table",
        "intake_status",
        "export_pages",
        "kept_pages",
        "signed_manifests",
        "queue_board",
        "captured_pages",  # items never lie there
    }
    assert seen == {output.__name__ for output in OUTPUTS} - silent


def test_matrix_would_notice_a_leak_of_captured_pages():
    world = World()
    confirm(world, capture_former_site(world, SECRET))
    resource = world.publish(title="别的公开稿件")
    archive_site(world)
    seen = {output.__name__ for output in OUTPUTS if SECRET.encode() in output(resource)}
    published = {"captured_pages", "archived_pages", "compressed_copies", "everything_published"}
    assert published | {"search_results", "site_export", "web_archive"} <= seen
