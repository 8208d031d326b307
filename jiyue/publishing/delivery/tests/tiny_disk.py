"""A disk that is full or read-only when a test wants it."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jiyue.publishing.delivery.local import LocalStore

SIZE = "1536k"


class TinyDisk:
    """A real file system of its own where the machine lets us mount one; else a store that fails like it."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        self.is_real = subprocess.run(command, check=False, capture_output=True).returncode == 0

    def unmount(self) -> None:
        """Let it go."""
        if self.is_real:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)

    @contextmanager
    def full(self) -> Iterator[None]:
        """No space is left; a few free bytes let half a page be written."""
        if not self.is_real:
            with _failing(errno.ENOSPC):
                yield
            return
        filler = self.folder / ".filler"
        with filler.open("wb", buffering=0) as file:
            free = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize
            file.write(bytes(free - 8192))  # two blocks are left
        yield
        filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing can be written."""
        if not self.is_real:
            with _failing(errno.EROFS):
                yield
            return
        self._remount("ro")
        yield
        self._remount("rw")

    def _remount(self, mode: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.folder)], check=True)


@contextmanager
def _failing(number: int) -> Iterator[None]:
    def fail(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.MonkeyPatch.context() as patch:
        for name in ("write", "copy", "remove", "probe"):
            patch.setattr(LocalStore, name, fail)
        yield
