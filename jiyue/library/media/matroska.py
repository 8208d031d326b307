"""WebM: the elements that say what is inside, and those that hide something."""

import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from jiyue.library.media.boxes import Damaged, read_at

PLAYED = frozenset({b"V_VP8", b"V_VP9", b"V_AV1", b"A_OPUS", b"A_VORBIS"})
MAX_ELEMENTS = 200_000  # clusters of a long recording among them
MAX_HIDDEN_BYTES = 4 * 1024 * 1024
_EBML, _DOC_TYPE = 0x1A45DFA3, 0x4282
_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
_SCALE, _DURATION, _CODEC, _WIDTH, _HEIGHT = 0x2AD7B1, 0x4489, 0x86, 0xB0, 0xBA
_HIDDEN = frozenset({0x1254C367, 0x1941A469})  # tags, attached files
_NESTED = frozenset({_EBML, _SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO})
_VALUES = frozenset({_DOC_TYPE, _SCALE, _DURATION, _CODEC, _WIDTH, _HEIGHT})
_VOID = b"\xec\x01"  # an element to be passed over, with a length of seven bytes
_NANOSECONDS = 1_000_000_000


@dataclass
class Movie:
    """What the elements say."""

    is_webm: bool = False
    codecs: set[bytes] = field(default_factory=set)
    width: int | None = None
    height: int | None = None
    scale: int = 1_000_000  # nanoseconds of one tick
    ticks: float = 0
    patches: tuple[tuple[int, bytes], ...] = ()

    @property
    def seconds(self) -> int | None:
        """Length, as far as it is stated."""
        return round(self.ticks * self.scale / _NANOSECONDS) or None


def read_movie(file: BinaryIO, size: int) -> Movie:
    """Read the elements of a WebM file.

    Raises:
        Damaged: An element reaches beyond the file, or there are absurdly many.
    """
    movie, at = Movie(), 0
    for _count in range(MAX_ELEMENTS):
        if at == size:
            return movie
        element, inside, end = _element(file, at, size)
        if element in _VALUES:
            _note(movie, element, read_at(file, inside, min(end - inside, 64)))
        elif element in _HIDDEN:
            movie.patches = (*movie.patches, _patch(at, end))
        at = inside if element in _NESTED else end
    raise Damaged


def _note(movie: Movie, element: int, value: bytes) -> None:
    number = int.from_bytes(value, "big")
    if element == _DOC_TYPE:
        movie.is_webm = value.rstrip(b"\0") == b"webm"
    elif element == _CODEC:
        movie.codecs.add(value.rstrip(b"\0"))
    elif element == _WIDTH:
        movie.width = number
    elif element == _HEIGHT:
        movie.height = number
    elif element == _SCALE:
        movie.scale = number
    else:
        movie.ticks = _float(value)


def _float(value: bytes) -> float:
    return float(struct.unpack(">f" if len(value) == 4 else ">d", value)[0])


def _element(file: BinaryIO, at: int, size: int) -> tuple[int, int, int]:
    """Name of an element, where its content begins and where it ends."""
    head = read_at(file, at, min(12, size - at))
    name_length = _vint_length(head[0], 4)
    name = int.from_bytes(head[:name_length], "big")
    length_of_size = _vint_length(head[name_length], 8)
    raw = int.from_bytes(head[name_length : name_length + length_of_size], "big")
    mask = (1 << 7 * length_of_size) - 1
    inside = at + name_length + length_of_size
    length = raw & mask
    end = size if length == mask else inside + length  # a live recording leaves the length open
    if end > size or inside > size:
        raise Damaged
    return name, inside, end


def _vint_length(first: int, longest: int) -> int:
    length = 9 - first.bit_length()
    if first == 0 or length > longest:
        raise Damaged
    return length


def _patch(at: int, end: int) -> tuple[int, bytes]:
    length = end - at
    if length > MAX_HIDDEN_BYTES or length < len(_VOID) + 7:
        raise Damaged
    rest = length - len(_VOID) - 7
    return at, _VOID + rest.to_bytes(7, "big") + bytes(rest)
