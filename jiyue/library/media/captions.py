"""Subtitles: WebVTT and SRT are read, and written anew as plain WebVTT.

Only times and words survive: styles, positions, notes and unknown markup go,
so that nothing in the file can reach the page.

Source: GL 四(一)5 (REV-23 videos); GB/T 37668 (captions for people who can't hear).
"""

import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from jiyue.library.media.refusals import refuse

MAX_BYTES = 2 * 1024 * 1024
MAX_CUES = 20_000
MAX_CUE_CHARS = 1_000
_TIME = r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s+-->\s+{_TIME}(?:\s.*)?\Z")
_TAG = re.compile(r"<[^>]*>|\{\\[^}]*\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Cue:
    """Words shown for a while; times in milliseconds from the beginning."""

    starts_ms: int
    ends_ms: int
    text: str


def looks_like_captions(data: bytes) -> bool:
    """Whether the bytes are a subtitle file, as far as their beginning says."""
    head = data[:4096].decode("utf-8", "replace").lstrip("\ufeff\r\n ")
    lines = [line.strip() for line in head.splitlines()]
    return head.startswith("WEBVTT") or any(_TIMING.match(line) for line in lines[:3])


def make_captions(data: bytes) -> bytes:
    """Return the subtitles as clean WebVTT.

    Raises:
        MediaRefused: Too large, unreadable, without any subtitle, or with times that run backwards.
    """
    if len(data) > MAX_BYTES:
        raise refuse(
            _("The subtitle file is larger than 2 MB."), _("Upload the subtitles of one video only.")
        )
    cues = read_cues(_decode(data))
    if not cues:
        raise refuse(
            _("The subtitle file holds no subtitles."),
            _("Upload a WebVTT (.vtt) or SRT (.srt) file with times such as 00:00:01.000 --> 00:00:04.000."),
        )
    return write_cues(cues).encode()


def read_cues(text: str) -> list[Cue]:
    """Every subtitle of a WebVTT or SRT file, in its order.

    Raises:
        MediaRefused: A subtitle ends before it begins, or there are too many.
    """
    cues: list[Cue] = []
    for block in re.split(r"\n[ \t]*\n+", _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n").split("\n")
        at = next((number for number, line in enumerate(lines[:2]) if _TIMING.match(line)), None)
        if at is None:
            continue
        cue = _cue(lines[at], lines[at + 1 :])
        if cue.text:
            cues.append(cue)
    if len(cues) > MAX_CUES:
        raise refuse(_("The subtitle file is far too long."), _("Upload the subtitles of one video only."))
    return cues


def write_cues(cues: list[Cue]) -> str:
    """The subtitles as WebVTT."""
    parts = [f"{_stamp(cue.starts_ms)} --> {_stamp(cue.ends_ms)}\n{_escape(cue.text)}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *parts])


def captions_text(data: bytes) -> str:
    """The words of stored subtitles, a line each: for checks and search."""
    cues = read_cues(data.decode("utf-8", "replace"))
    return "\n".join(_unescape(cue.text) for cue in cues)


def _cue(timing: str, lines: list[str]) -> Cue:
    match = _TIMING.match(timing)
    assert match is not None  # noqa: S101  # the caller has looked
    starts_ms, ends_ms = _milliseconds(match.groups()[:4]), _milliseconds(match.groups()[4:])
    if ends_ms <= starts_ms:
        raise refuse(
            _("A subtitle ends before it begins: %(line)s") % {"line": timing.strip()[:80]},
            _("Mend its times and upload the file again."),
        )
    text = "\n".join(line for line in (_unescape(_TAG.sub("", line)).strip() for line in lines) if line)
    return Cue(starts_ms, ends_ms, text[:MAX_CUE_CHARS])


def _milliseconds(groups: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, fraction = groups
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole * 1000 + int((fraction or "0").ljust(3, "0"))


def _stamp(milliseconds: int) -> str:
    seconds, fraction = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:03d}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&")


def _decode(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refuse(
        _("The subtitle file can't be read as text."),
        _("Save it with the encoding UTF-8 and upload it again."),
    )
