"""A virus scanner of the tests' own: clamd on a private socket, knowing one harmless signature.

Its signatures are written here, nothing is downloaded. The text they know is
the scanner industry's agreed test word, put together at run time so that no
scanner on a developer's machine takes the repository for infected.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.plumbing.processes import end

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Test.Eicar"
START_SECONDS = 30


def find_clamd() -> str:
    """Path of clamd; the test is left out where it is absent, and fails on CI."""
    found = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        reason = "clamd isn't installed here (make services)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def running(folder: Path, *, max_bytes: int = 30 * 1024 * 1024) -> Iterator[str]:
    """Start a scanner; yields its address for `JIYUE_CLAMD`."""
    program = find_clamd()
    signatures = folder / "signatures"
    signatures.mkdir(parents=True)
    (signatures / "test.ndb").write_text(f"{SIGNATURE}:0:*:{EICAR[:60].hex()}\n")
    socket = folder / "clamd.sock"
    settings = folder / "clamd.conf"
    settings.write_text(
        f"LocalSocket {socket}\nDatabaseDirectory {signatures}\nForeground yes\n"
        f"StreamMaxLength {max_bytes}\nTemporaryDirectory {folder}\nPidFile {folder / 'clamd.pid'}\n"
        f"LogFile {folder / 'clamd.log'}\nMaxThreads 2\n"
    )
    process = subprocess.Popen(
        [program, f"--config-file={settings}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not socket.exists():
            assert process.poll() is None, (folder / "clamd.log").read_text()
            assert time.monotonic() < deadline, "clamd doesn't start"
            time.sleep(0.05)
        yield f"unix:{socket}"
    finally:
        end(process)
