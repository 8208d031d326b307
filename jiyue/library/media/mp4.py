"""MP4 and M4A: the boxes that say what is inside, and those that hide something."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from jiyue.library.media.boxes import Damaged, read_at

PICTURE_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"avif", b"avis"})
PLAYED_VIDEO = frozenset({b"avc1", b"avc3"})  # H.264
PLAYED_SOUND = frozenset({b"mp4a"})
MAX_BOXES = 5_000  # a fragmented hour has about 2,000
MAX_HIDDEN_BYTES = 4 * 1024 * 1024  # of one box that is blanked out; covers and places are smaller
_NESTED = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_HIDDEN = frozenset({b"udta", b"meta", b"uuid"})  # place, device, cover, names, XMP


@dataclass(frozen=True)
class Box:
    """One box: its name, and where its content lies."""

    kind: bytes
    at: int
    inside: int
    end: int


@dataclass
class Movie:
    """What the tables say."""

    video_codecs: set[bytes] = field(default_factory=set)
    sound_codecs: set[bytes] = field(default_factory=set)
    width: int | None = None
    height: int | None = None
    seconds: int | None = None
    patches: tuple[tuple[int, bytes], ...] = ()


def read_movie(file: BinaryIO, size: int) -> Movie:
    """Read the tables of an MP4 file.

    Raises:
        Damaged: The boxes don't fill the file exactly, or there is no table of contents.
    """
    movie, boxes = Movie(), list(_all_boxes(file, 0, size))
    if b"moov" not in {box.kind for box in boxes}:
        raise Damaged
    kind_of_track, size_of_track = b"", (0, 0)
    for box in boxes:
        if box.kind == b"mvhd":
            movie.seconds = _seconds(read_at(file, box.inside, min(box.end - box.inside, 32)))
        elif box.kind == b"tkhd":
            size_of_track = _dimensions(read_at(file, box.end - 8, 8))
        elif box.kind == b"hdlr":
            kind_of_track = read_at(file, box.inside + 8, 4)
        elif box.kind == b"stsd":
            _note_codec(movie, kind_of_track, read_at(file, box.inside + 12, 4), size_of_track)
    movie.patches = tuple(_patch(box) for box in boxes if box.kind in _HIDDEN)
    return movie


def _note_codec(movie: Movie, kind: bytes, codec: bytes, size: tuple[int, int]) -> None:
    if kind == b"vide":
        movie.video_codecs.add(codec)
        movie.width, movie.height = size
    elif kind == b"soun":
        movie.sound_codecs.add(codec)


def _all_boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Boxes in reading order, those inside others too; they fill their place exactly."""
    stops, at, count = [end], start, 0
    while stops:
        if at == stops[-1]:
            stops.pop()
            continue
        box = _box(file, at, stops[-1])
        count += 1
        if count > MAX_BOXES:
            raise Damaged
        yield box
        is_nest = box.kind in _NESTED
        at = box.inside if is_nest else box.end
        if is_nest:
            stops.append(box.end)


def _box(file: BinaryIO, at: int, stop: int) -> Box:
    head = read_at(file, at, 8)
    length, inside = int.from_bytes(head[:4], "big"), at + 8
    if length == 1:
        length, inside = int.from_bytes(read_at(file, at + 8, 8), "big"), at + 16
    elif length == 0:
        length = stop - at
    if length < inside - at or at + length > stop:
        raise Damaged
    return Box(head[4:8], at, inside, at + length)


def _patch(box: Box) -> tuple[int, bytes]:
    """Make a box free space; its length stays, so that no table has to be written anew."""
    if box.end - box.inside > MAX_HIDDEN_BYTES:
        raise Damaged
    long_size = (box.end - box.at).to_bytes(8, "big") if box.inside - box.at == 16 else b""
    return box.at + 4, b"free" + long_size + bytes(box.end - box.inside)


def _seconds(header: bytes) -> int | None:
    is_long = header[0] == 1
    at = 20 if is_long else 12
    scale = int.from_bytes(header[at : at + 4], "big")
    length = int.from_bytes(header[at + 4 : at + (12 if is_long else 8)], "big")
    return round(length / scale) if scale else None


def _dimensions(fixed: bytes) -> tuple[int, int]:
    return int.from_bytes(fixed[:2], "big"), int.from_bytes(fixed[4:6], "big")
