"""The editor's own addresses: keeping text, locks, clean-up, Word files, unsaved texts."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import World
from tests.matrix import GONE, Objects, Row, Things, everybody

ONLY_CLERK = everybody(403, entry_clerk=200)


def _kept(objects: Objects) -> dict[str, object]:
    return {
        "unit": objects.world.unit_a.pk,
        "resource": objects.key("kept_draft"),
        "window": "w",
        "device": "d",
        "sequence": 1,
        "base_number": 1,
        "values": '{"title": ["改"]}',
    }


def _new(objects: Objects) -> dict[str, object]:
    return _kept(objects) | {"resource": ""}


def _foreign(objects: Objects) -> dict[str, object]:
    """The clerk's own unit, but the item of another."""
    return _kept(objects) | {"unit": objects.world.unit_b.pk}


OUTSIDE = everybody(403, entry_clerk=404)

ROWS = (
    Row("editor_session", everybody(200)),
    Row("editor_signed_in", everybody(200)),
    Row("text_clean", ONLY_CLERK, method="post", data=lambda objects: {"html": "<p>文</p>"}),
    Row("text_tidy", ONLY_CLERK, method="post", data=lambda objects: {"html": "<p>文</p>"}),
    Row(
        "word_take_over",
        everybody(403, entry_clerk=422),
        method="post",
        data=lambda objects: {"file": SimpleUploadedFile("a.docx", b"x")},
    ),
    Row("text_keep", ONLY_CLERK, OUTSIDE, method="post", data=_kept),
    Row("text_keep", ONLY_CLERK, OUTSIDE, method="post", data=_new),
    Row("text_keep", OUTSIDE, OUTSIDE, method="post", data=_foreign),
    Row("text_forget", ONLY_CLERK, OUTSIDE, method="post", data=_kept),
    Row("text_forget", OUTSIDE, OUTSIDE, method="post", data=_foreign),
    Row("unsaved_list", ONLY_CLERK),
    Row("resource_unsaved", ONLY_CLERK, OUTSIDE, ("kept_draft",)),
    Row("lock_take", ONLY_CLERK, GONE, ("kept_draft",), "post", lambda objects: {"window": "w"}),
)


def make_things(world: World) -> Things:
    """A draft of unit A."""
    return {"kept_draft": world.draft(title="编辑中的稿件")}
