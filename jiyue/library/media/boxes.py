"""Pieces that readers of containers share."""

from typing import BinaryIO


class Damaged(Exception):
    """The container's tables don't add up."""


def read_at(file: BinaryIO, at: int, length: int) -> bytes:
    """Bytes of a place.

    Raises:
        Damaged: The file ends before.
    """
    file.seek(at)
    data = file.read(length)
    if len(data) < length:
        raise Damaged
    return data
