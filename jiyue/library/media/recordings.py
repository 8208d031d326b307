"""Video and sound, told by their content; what a telephone hides in them is blanked out.

Nothing is decoded here: the containers' own tables say what is inside. A file
is read piece by piece, however long it is.

Source: GL 四(一)5 (REV-23, video); GL 七(一)3 (SEC-06).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from jiyue.library.media import matroska, mp4
from jiyue.library.media.boxes import Damaged
from jiyue.library.media.refusals import MediaRefused, refuse

_MP3_RATES = (44_100, 48_000, 32_000)
_MP3_KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_FRAMES = 8  # consecutive frames that prove a file
_MP3_MAX_FRAME_BYTES = 2_881  # 160 kbit/s at 8 kHz
_ID3_HEAD, _ID3_TAIL = 10, 128
_OGG_PAGE_HEAD = 27
_OGG_CODECS = (b"OpusHead", b"\x01vorbis")


@dataclass(frozen=True)
class Recording:
    """What a recording is.

    Attributes:
        extension: Without the dot.
        is_video: Shows pictures.
        width, height: Pixels of a video.
        seconds: Length, as far as the file says.
        blank: (from, to) of bytes that hold hidden data and are written as zeros,
            with what stands in front of them.
        start, end: Bytes that are kept; the rest is hidden data too.
    """

    extension: str
    content_type: str
    is_video: bool
    width: int | None = None
    height: int | None = None
    seconds: int | None = None
    patches: tuple[tuple[int, bytes], ...] = ()
    start: int = 0
    end: int | None = None


PLAYED_TYPES: Mapping[str, str] = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "weba": "audio/webm",
}


def is_recording(name: str) -> bool:
    """Whether a file of the media store is played, by the extension it was given there."""
    return name.rpartition(".")[2] in PLAYED_TYPES


def looks_like_recording(head: bytes) -> bool:
    """Whether the first bytes are those of a container of video or sound."""
    if head[4:8] == b"ftyp":
        return head[8:12] not in mp4.PICTURE_BRANDS
    is_mp3 = head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)
    is_riff = head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE")
    return is_mp3 or is_riff or head.startswith((b"\x1a\x45\xdf\xa3", b"OggS", b"FLV", b"\x30\x26\xb2\x75"))


def read_recording(file: BinaryIO, size: int) -> Recording:
    """Tell what a recording is, and what of it is hidden data.

    Args:
        file: Open at any position.
        size: Length in bytes.

    Raises:
        MediaRefused: A format that browsers don't play, or damaged.
    """
    file.seek(0)
    head = file.read(16)
    try:
        if head[4:8] == b"ftyp":
            return _mp4(file, size)
        if head.startswith(b"\x1a\x45\xdf\xa3"):
            return _webm(file, size)
        if head.startswith(b"OggS"):
            return _ogg(file, size)
        if head[:3] == b"ID3" or head[0] == 0xFF:
            return _mp3(file, size)
    except (Damaged, IndexError, ValueError) as error:
        raise refuse(
            _("The recording is damaged or cut off, or something was appended to it."),
            _("Save it again with the program it comes from and upload that file."),
        ) from error
    raise _unplayable()


def cleaned(file: BinaryIO, recording: Recording, piece_bytes: int = 1024 * 1024) -> Iterator[bytes]:
    """The bytes of a recording without its hidden data, piece by piece."""
    end, at = recording.end, recording.start
    file.seek(at)
    while piece := file.read(piece_bytes if end is None else min(piece_bytes, end - at)):
        changed = bytearray(piece)
        for offset, content in recording.patches:
            first, last = max(offset, at), min(offset + len(content), at + len(piece))
            if first < last:
                changed[first - at : last - at] = content[first - offset : last - offset]
        yield bytes(changed)
        at += len(piece)


def _unplayable() -> MediaRefused:
    return refuse(
        _("Browsers don't play this kind of recording."),
        _("Save videos as MP4 (H.264) or WebM, sound as MP3, M4A or Ogg, and upload that file."),
    )


def _mp4(file: BinaryIO, size: int) -> Recording:
    movie = mp4.read_movie(file, size)
    has_video, has_sound = bool(movie.video_codecs), bool(movie.sound_codecs)
    if not has_video and not has_sound:
        raise Damaged
    if not movie.video_codecs <= mp4.PLAYED_VIDEO or not movie.sound_codecs <= mp4.PLAYED_SOUND:
        raise _unplayable()
    kind = ("mp4", "video/mp4", True) if has_video else ("m4a", "audio/mp4", False)
    return Recording(*kind, movie.width, movie.height, movie.seconds, movie.patches)


def _webm(file: BinaryIO, size: int) -> Recording:
    movie = matroska.read_movie(file, size)
    if not movie.is_webm or not movie.codecs or not movie.codecs <= matroska.PLAYED:
        raise _unplayable()
    is_video = movie.width is not None
    extension = "webm" if is_video else "weba"
    return Recording(
        extension,
        PLAYED_TYPES[extension],
        is_video,
        movie.width,
        movie.height,
        movie.seconds,
        movie.patches,
    )


def _ogg(file: BinaryIO, size: int) -> Recording:
    file.seek(0)
    head = file.read(4096)
    first = head[_OGG_PAGE_HEAD + head[26] :]
    if not first.startswith(_OGG_CODECS):
        raise _unplayable()
    at = 0
    while at < size:  # pages lie end to end up to the last byte
        file.seek(at)
        page = file.read(_OGG_PAGE_HEAD + 255)
        if page[:4] != b"OggS":
            raise Damaged
        segments = page[26]
        at += _OGG_PAGE_HEAD + segments + sum(page[_OGG_PAGE_HEAD:][:segments])
    if at != size:
        raise Damaged
    return Recording("ogg", "audio/ogg", is_video=False)


def _mp3(file: BinaryIO, size: int) -> Recording:
    """Frames from the first to the last; tags before and behind them are hidden data."""
    file.seek(0)
    head = file.read(_ID3_HEAD)
    start = 0
    if head[:3] == b"ID3":
        start = _ID3_HEAD + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    end = size
    if size > _ID3_TAIL:
        file.seek(size - _ID3_TAIL)
        end = size - _ID3_TAIL if file.read(3) == b"TAG" else size
    at, bits, frames = start, 0, 0
    while at + 4 <= end and (length := _mp3_frame(file, at)):
        at, frames = at + length[0], frames + 1
        bits = bits or length[1]
    # The last frame may be cut; nothing else may follow.
    if frames < _MP3_FRAMES or end - at > _MP3_MAX_FRAME_BYTES:
        raise Damaged
    seconds = (end - start) * 8 // (bits * 1000) if bits else None
    return Recording("mp3", "audio/mpeg", is_video=False, seconds=seconds, start=start, end=min(at, end))


def _mp3_frame(file: BinaryIO, at: int) -> tuple[int, int] | None:
    """Length in bytes and rate in kbit/s of the frame at a place; None where there is none."""
    file.seek(at)
    head = file.read(4)
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate_index, padding = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 1 & 1
    kbits_index = head[2] >> 4
    if version == 1 or rate_index == 3 or kbits_index in (0, 15):
        return None
    is_one = version == 3
    rate = _MP3_RATES[rate_index] // {3: 1, 2: 2, 0: 4}[version]
    kbits = _MP3_KBITS[kbits_index] if is_one else _MP3_KBITS_LOW[kbits_index]
    return (144 if is_one else 72) * kbits * 1000 // rate + padding, kbits


_MP3_KBITS_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
