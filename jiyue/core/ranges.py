"""Parts of a file that a browser asks for while it plays a recording (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


@dataclass(frozen=True)
class Part:
    """A stretch of bytes, both ends included; `is_absent` where the file has none of it."""

    first: int
    last: int
    is_absent: bool = False

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        """Value of the header `Content-Range`."""
        return f"bytes */{size}" if self.is_absent else f"bytes {self.first}-{self.last}/{size}"


def parse_range(header: str, size: int) -> Part | None:
    """The part asked for; None for the whole file, also where the header isn't understood.

    Several ranges at once are answered with the whole file, as the standard allows.

    Args:
        header: `Range` of the request.
        size: Length of the file in bytes.
    """
    match = _ONE_RANGE.match(header.replace(" ", ""))
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.group(1), match.group(2)
    if not first:  # the last so many bytes
        wanted = min(int(last), size)
        return Part(size - wanted, size - 1, is_absent=wanted == 0)
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    return Part(start, end, is_absent=start >= size)
