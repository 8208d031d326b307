"""Attachments and recordings in the form of an item, with what belongs to each of them."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from jiyue.library.content import Attachment
from jiyue.library.models import MediaFile

MAX_FILES = 20  # attachments of one item
ACCEPTED_PICTURES = ".jpg,.jpeg,.png,.webp,.gif,.heic"
_PARTS = ("title", "captions", "poster", "transcript")


def read_attachments(data: "MultiValueDict[str, Any]") -> tuple[Attachment, ...]:
    """Attachments as posted, without those taken out; what a form leaves out is empty."""
    removed = set(data.getlist("attachment_remove"))
    columns = {name: data.getlist(f"attachment_{name}") for name in _PARTS}
    found = []
    for number, media in enumerate(data.getlist("attachment_media")):
        if media in removed:
            continue
        values = {name: texts[number].strip() for name, texts in columns.items() if number < len(texts)}
        values["title"] = values.get("title") or media
        for name in ("captions", "poster"):
            if f"{name}:{media}" in removed:
                values[name] = ""
        found.append(Attachment(media, **values))
    return tuple(found)


def named_files(attachments: Iterable[Attachment]) -> set[str]:
    """Names of everything that attachments offer, show or play."""
    names = {name for item in attachments for name in (item.media, item.captions, item.poster)}
    return names - {""}


def added_file(
    files: "MultiValueDict[str, UploadedFile[Any]]", media: str, part: str
) -> "UploadedFile[Any] | None":
    """The subtitle file or still that was uploaded for one recording."""
    return files.get(f"{part}_{media}")


def misplaced(media: MediaFile, part: str) -> str:
    """Why a file can't be the subtitles or the still of a recording; blank where it can."""
    if part == "captions" and not media.is_captions:
        return _("“%(name)s” holds no subtitles. Upload a WebVTT (.vtt) or SRT (.srt) file.") % {
            "name": media.original_name
        }
    if part == "poster" and not media.is_picture:
        return _("“%(name)s” is no picture.") % {"name": media.original_name}
    return ""


def new_attachment(media: MediaFile) -> Attachment:
    """An uploaded file as an attachment, called as the file was."""
    return Attachment(media.name, PurePath(media.original_name).stem)
