"""The words of attachments, read in a process of its own that may not grow or last.

A hostile document can at worst end that process. What it reads is stored beside
the file: text checks and search use it.

Source: GL 五(三)1 (SRCH-01, attachments are found); GL 七(一)3 (SEC-06).
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from jiyue.core import audit, outbox
from jiyue.core.text import storable
from jiyue.library.announcements import MEDIA_TEXT_READ
from jiyue.library.enums import TextState
from jiyue.library.models import MediaFile
from jiyue.library.services.media import TEXT_TOPIC, media_path

SECONDS = 60  # a report of 2,000 pages takes about 10
MAX_OUTPUT_BYTES = 12 * 1024 * 1024  # 2,000,000 characters with their escapes
MAX_NOTE_CHARS = 200


@dataclass(frozen=True)
class Extracted:
    """What the reading process said."""

    state: TextState
    text: str = ""
    note: str = ""


def extract(path: str, extension: str) -> Extracted:
    """Read the words of one file in a process with limits of time and memory."""
    command = [sys.executable, "-m", "jiyue.library.media.reading_process", path, extension]
    try:
        # Our own interpreter and module; the path is made from a digest.
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return Extracted(TextState.FAILED, note="takes too long to read")
    if done.returncode != 0 or len(done.stdout) > MAX_OUTPUT_BYTES:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        note = said[-1] if said else f"ended with {done.returncode}"
        return Extracted(TextState.FAILED, note=note[:MAX_NOTE_CHARS])
    answer = json.loads(done.stdout)
    state = TextState.CUT if answer["is_cut"] else TextState.DONE
    return Extracted(state, storable(answer["text"]))


@outbox.handles(TEXT_TOPIC)
def read_texts(keys: Sequence[str]) -> None:
    """Carry out waiting rows: their keys are ids of media files."""
    for media in MediaFile.objects.filter(pk__in=[int(key) for key in keys], text_state=TextState.WAITING):
        extracted = extract(str(media_path(media.name)), media.name.rpartition(".")[2])
        _save(media, extracted)


@transaction.atomic
def _save(media: MediaFile, extracted: Extracted) -> None:
    MediaFile.objects.filter(pk=media.pk).update(
        text_state=extracted.state, extracted_text=extracted.text, text_note=storable(extracted.note)
    )
    audit.record(
        actor=audit.PLATFORM,
        verb="media.text_read",
        subject_type="media",
        subject_id=media.pk,
        state=extracted.state,
        characters=len(extracted.text),
    )
    MEDIA_TEXT_READ.announce(media)
