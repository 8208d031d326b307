"""Ports for the servers of tests: each is held by one process until it ends.

A port that was only looked for and let go again may be taken before its server
starts, by another worker or by the near end of any connection. So ports lie
below those that systems hand out by themselves, and a lock on a file, which
ends with its process, keeps other workers and other runs from the same one.
"""

import fcntl
import os
import secrets
import socket
import tempfile
from contextlib import closing
from pathlib import Path
from typing import IO

_FIRST, _LAST = 15_000, 32_000  # Linux hands out 32768 and above
_held: dict[int, IO[str]] = {}


def free_port() -> int:
    """Return a port of loopback that nobody uses and no other test will be given.

    Raises:
        RuntimeError: All of them are taken.
    """
    folder = Path(tempfile.gettempdir()) / f"jiyue-test-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    first = secrets.randbelow(_LAST - _FIRST)
    for step in range(_LAST - _FIRST):
        port = _FIRST + (first + step) % (_LAST - _FIRST)
        if port in _held:
            continue
        lock = (folder / str(port)).open("w", encoding="utf-8")
        if _takes(lock) and _is_free(port):
            _held[port] = lock
            return port
        lock.close()
    raise RuntimeError(f"no port between {_FIRST} and {_LAST} is free")


def _takes(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
