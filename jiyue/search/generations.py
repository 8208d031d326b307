"""The folder of the embedded index: generations, the link to the current one, locks.

current -> v1-3f2a…    what readers open, replaced atomically
v1-3f2a…/              a generation: an index folder, named by schema version
building-v1-…/         a rebuild in progress
journal.jsonl          changes applied while a rebuild runs
write.lock             held for one commit, or for the swap at a rebuild's end
rebuild.lock           held for a whole rebuild
lane.lock              held by the one worker that writes changes
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

CURRENT = "current"
BUILDING = "building-"


class Generations:
    """Names and locks below one folder; knows nothing of the engine.

    Args:
        root: The folder; it is made when something is written.
        version: Schema version, part of every generation's name.
    """

    def __init__(self, root: Path, version: int):
        self.root = root
        self._prefix = f"v{version}-"
        self.journal = root / "journal.jsonl"
        self._lane: IO[str] | None = None

    def current(self) -> Path | None:
        """Return the current generation, or None before the first commit."""
        try:
            return self.root / (self.root / CURRENT).readlink()
        except FileNotFoundError:
            return None

    def is_readable(self, generation: Path) -> bool:
        """Tell whether this version of the program wrote the generation."""
        return generation.name.startswith(self._prefix)

    def make_building(self) -> Path:
        """Make an empty folder for a generation to come; drop what a dead rebuild left."""
        for left_over in self.root.glob(f"{BUILDING}*"):
            shutil.rmtree(left_over)
        folder = self.root / f"{BUILDING}{self._prefix}{secrets.token_hex(8)}"
        folder.mkdir()
        return folder

    def make_current(self, building: Path) -> Path:
        """Give a finished folder its name and point readers at it, at one instant."""
        generation = building.rename(building.with_name(building.name.removeprefix(BUILDING)))
        link = self.root / f"{CURRENT}-{secrets.token_hex(8)}"
        link.symlink_to(generation.name)
        link.replace(self.root / CURRENT)
        folder = os.open(self.root, os.O_RDONLY)
        try:
            os.fsync(folder)  # before anything removes what the link led to until now
        finally:
            os.close(folder)
        return generation

    def remove_stale(self, *keep: Path) -> None:
        """Remove generations that are neither current nor named."""
        kept = {folder.name for folder in keep}
        if current := self.current():
            kept.add(current.name)
        for folder in self.root.glob("v*-*"):
            if folder.name not in kept:
                shutil.rmtree(folder)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Wait for the write lock and hold it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "write.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def take_lane(self) -> bool:
        """Become the one process that writes changes, until `leave_lane`; False while another is."""
        if self._lane is not None:
            return True
        self.root.mkdir(parents=True, exist_ok=True)
        lane = (self.root / "lane.lock").open("w")
        try:
            fcntl.flock(lane, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lane.close()
            return False
        self._lane = lane
        return True

    def leave_lane(self) -> None:
        """Let another process write changes."""
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Hold the rebuild lock.

        Raises:
            BlockingIOError: Another rebuild holds it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "rebuild.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield

    def is_rebuilding(self) -> bool:
        """Tell whether a rebuild runs that must hear of changes; drop a dead one's journal."""
        if not self.journal.exists():
            return False
        try:
            with self.rebuilding():
                self.journal.unlink()
        except BlockingIOError:
            return True
        return False
