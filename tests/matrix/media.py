"""Pictures, recordings and attachments, and the board of the virus scanner."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from jiyue.library.services import store_media
from jiyue.library.tests.media import samples
from tests.factories import World
from tests.matrix import GONE, Objects, Row, Things, everybody

ONLY_OVERSIGHT = everybody(403, platform_manager=200, inspector=200)
ONLY_MANAGER = everybody(403, platform_manager=302)


def _upload(objects: Objects) -> dict[str, object]:
    data = BytesIO()
    Image.new("RGB", (700, 500), "green").save(data, "JPEG")
    return {"file": SimpleUploadedFile("新图.jpg", data.getvalue())}


ROWS = (
    Row("media_file", everybody(200), GONE, ("film",)),
    Row("media_file", everybody(200), GONE, ("paper",)),
    Row("media_upload", everybody(403, entry_clerk=200), method="post", data=_upload),
    Row(
        "media_upload",
        everybody(403, entry_clerk=200),
        everybody(403, entry_clerk=404),
        method="post",
        data=_upload,
        query=lambda objects: f"?unit={objects.world.unit_a.pk}",
    ),
    Row("scan_board", ONLY_OVERSIGHT),
    Row("scan_again", ONLY_MANAGER),
    Row("scan_again", ONLY_MANAGER, method="post"),
)


def make_things(world: World) -> Things:
    """A recording and an attachment of unit A, in no item."""
    film = store_media(unit=world.unit_a, original_name="会议.mp4", data=samples.video(), actor=world.author)
    paper = store_media(unit=world.unit_a, original_name="附件.pdf", data=samples.pdf(), actor=world.author)
    return {"film": film.name, "paper": paper.name}
