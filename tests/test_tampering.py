"""A running watch, as it is shipped: whatever is done to the public folder is undone within seconds.

Worker and watch are processes of their own. Files are tampered with while items
are being published; the watch is killed in the middle of its work and started
again. At the end every page is what it was, every tampering is on record, and
no publication was taken for one.
"""

import gzip
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.plumbing.database import copy_template
from tests.plumbing.processes import end, limited
from tests.test_crash import Platform, tell

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 60


@pytest.fixture
def platform(tmp_path: Path, django_db_setup: None) -> Iterator[Platform]:
    platform = Platform(tmp_path)
    copy_template(tmp_path)
    for arguments in (("migrate", "core", "-v0", "--database", "inbox"), ("make_keys", "-v0")):
        status, said = platform.run(*arguments)
        assert status == 0, said
    yield platform
    end(platform.nursery)


@pytest.mark.req("SEC-14")
@pytest.mark.req("SEC-15")
def test_running_watch_undoes_every_tampering_and_leaves_publications_alone(platform):
    author = platform.start("tests.crash.author")
    worker, watch = platform.fork("worker"), platform.fork("watch")
    try:
        with limited(author, "the author's start"):
            assert author.stdout.readline() == "ready\n"
        publish(author, "第一条", "第二条", "第三条")
        settled(platform)
        root = platform.folder / "public" / "shi"
        before = snapshot(root)
        page = next(path for path in before if path.startswith("yaowen/2") and path.endswith(".html"))
        other = [path for path in before if path.startswith("yaowen/2") and path.endswith(".html")][-1]
        for round_of in ((overwrite, plant, pipe), (swap, plant_folder, poison_copy), (remove,), (link,)):
            for tamper in round_of:
                tamper(root, page, other)
            wait_until(lambda: snapshot(root) == before, platform)
        os.kill(watch, signal.SIGKILL)
        platform.wait(watch)
        for path in before:
            (root / path).write_bytes(b"tampered while nobody watched")
        watch = platform.fork("watch")
        wait_until(lambda: snapshot(root) == before, platform)
        assert count(platform, "publishing_integrity_tamperevent WHERE times > 3") >= 1
        assert count(platform, "core_alarm WHERE kind = 'integrity.tampered'") >= 1
        publish(author, "第四条")
        settled(platform)
        wait_until(
            lambda: count(platform, "publishing_integrity_tamperevent WHERE state = 'open'") == 0, platform
        )
        events = count(platform, "publishing_integrity_tamperevent")
        publish(author, "第五条", "第六条")
        settled(platform)
        time.sleep(1)  # a false alarm would come within the watch's next steps
        assert count(platform, "publishing_integrity_tamperevent") == events
        for process in (watch, worker):
            os.kill(process, signal.SIGTERM)
            assert platform.wait(process) == 0, platform.log()
    finally:
        author.stdin.close()
        end(author)
    for command in (
        ("reconcile", "--json"),
        ("manifest", "sign"),
        ("manifest", "verify"),
        ("manifest", "verify", "--files"),
        ("watch", "--once"),
        ("audit", "verify"),
    ):
        status, said = platform.run(*command)
        assert status == 0, (command, said)


def overwrite(root: Path, page: str, other: str) -> None:
    (root / page).write_bytes(b"tampered")
    (root / f"{page}.gz").write_bytes(gzip.compress(b"tampered"))


def swap(root: Path, page: str, other: str) -> None:
    (root / page).write_bytes((root / other).read_bytes())


def remove(root: Path, page: str, other: str) -> None:
    (root / page).unlink()


def link(root: Path, page: str, other: str) -> None:
    (root / page).unlink()
    (root / page).symlink_to("/etc/passwd")


def pipe(root: Path, page: str, other: str) -> None:
    (root / "index.html").unlink()
    os.mkfifo(root / "index.html")


def plant(root: Path, page: str, other: str) -> None:
    for number in range(50):
        (root / f"yaowen/.{number}.php").write_text("x")


def plant_folder(root: Path, page: str, other: str) -> None:
    (root / "wp/admin").mkdir(parents=True)
    (root / "wp/admin/shell.php").write_text("x")


def poison_copy(root: Path, page: str, other: str) -> None:
    (root / "index.html.gz").write_bytes(gzip.compress(b"tampered"))


def publish(author: subprocess.Popen[str], *titles: str) -> None:
    assert tell(author, "batch", *titles)[0] == "published"


def settled(platform: Platform) -> None:
    """Wait until the worker has carried out everything."""
    wait_until(
        lambda: count(platform, "core_outboxmessage WHERE status IN ('pending', 'running')") == 0, platform
    )


def count(platform: Platform, rows: str) -> int:
    return int(platform.select(f"SELECT COUNT(*) FROM {rows}")[0][0])


def snapshot(root: Path) -> dict[str, bytes | None]:
    """Every file with its bytes; None stands for what isn't a file."""
    found: dict[str, bytes | None] = {}
    for folder, folders, names in os.walk(root):
        for name in (*names, *(each for each in folders if Path(folder, each).is_symlink())):
            path = Path(folder, name)
            is_file = path.is_file() and not path.is_symlink()
            found[path.relative_to(root).as_posix()] = read(path) if is_file else None
    return found


def read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # taken away while we looked
        return None


def wait_until(is_so: Callable[[], bool], platform: Platform) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at, platform.log()[-4000:]
        time.sleep(0.05)
