"""A worker killed with SIGKILL at random instants loses nothing that was acknowledged.

Every round one process approves items, changes the menu or has everything
written anew, and another carries out what follows from it, until it is killed in
the middle of its work. At the end two last workers finish; then every
acknowledged publication is live exactly once, every withdrawn one nowhere, every
batch is complete and counted once, and `jiyue reconcile` has nothing to say.

`JIYUE_CRASH_ROUNDS` sets the number of rounds (the evidence runs 200).
"""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.utils.functional import cached_property

from tests.plumbing.database import copy_template
from tests.plumbing.processes import end, limited
from tests.plumbing.services import ROOT

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("JIYUE_CRASH_ROUNDS", "8"))
LONGEST_WORK_SECONDS = 0.25  # a kill falls between the first claim and this much later
PATIENCE_SECONDS = 120
PATIENT_EVERY = 8  # rounds
SITES = {"shi": "yaowen", "xian": "zhuanzai"}


class Platform:
    """One installation in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "jiyue.sqlite3"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JIYUE_")}
        self.env = {
            **kept,
            "JIYUE_DATA_DIR": str(folder),
            "JIYUE_SECRET_KEY": "only-for-this-test",
            "JIYUE_FRONT_SECRET_KEY": "only-for-this-test",
            "DJANGO_SETTINGS_MODULE": "jiyue.config.settings.backoffice",
            "PYTHONPATH": str(ROOT),
        }

    def start(self, module: str) -> subprocess.Popen[str]:
        with (self.folder / "processes.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module],
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # the nursery's workers end with it
            )

    @cached_property
    def nursery(self) -> subprocess.Popen[str]:
        nursery = self.start("tests.crash.nursery")
        with limited(nursery, "the nursery's start"):
            assert nursery.stdout.readline() == "ready\n", self.log()
        return nursery

    def fork(self, *arguments: str) -> int:
        """Start a management command in a process of its own; return its number."""
        return int(tell(self.nursery, "start", *arguments)[0])

    def wait(self, process: int) -> int:
        return int(tell(self.nursery, "wait", str(process))[0])

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a management command; return its exit status and what it said."""
        process = self.fork(*arguments)
        status = self.wait(process)
        return status, (self.folder / f"{process}.out").read_text()

    def log(self) -> str:
        texts = [path.read_text() for path in self.folder.glob("*.out")]
        return "\n".join([(self.folder / "processes.log").read_text(), *texts])

    def rows(self, where: str) -> list[tuple[str, ...]]:
        return self.select(f"SELECT topic, key, last_error FROM core_outboxmessage WHERE {where}")

    def select(self, query: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(query).fetchall()


class Acknowledged:
    """What the platform owes: titles by resource."""

    def __init__(self) -> None:
        self.live: dict[str, str] = {}
        self.gone: list[str] = []  # titles nobody may find
        self.menu: list[str] = []  # names every page shows

    def published(self, resource_ids: list[str], titles: list[str]) -> None:
        self.live.update(zip(resource_ids, titles, strict=True))

    def corrected(self, resource_id: str, title: str) -> None:
        self.gone.append(self.live[resource_id])
        self.live[resource_id] = title

    def withdrawn(self, resource_id: str) -> None:
        self.gone.append(self.live.pop(resource_id))


@pytest.fixture
def platform(tmp_path: Path, django_db_setup: None) -> Iterator[Platform]:
    platform = Platform(tmp_path)
    copy_template(tmp_path)
    for arguments in (("migrate", "core", "-v0", "--database", "inbox"), ("make_keys", "-v0")):
        status, said = platform.run(*arguments)
        assert status == 0, said + platform.log()
    yield platform
    end(platform.nursery)


def test_killed_worker_loses_no_acknowledged_publication(platform):
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - to repeat a failure
    rng = random.Random(seed)  # noqa: S311 - instants, not secrets
    owed = Acknowledged()
    author = platform.start("tests.crash.author")
    kills = 0
    try:
        with limited(author, "the author's start"):
            assert author.stdout.readline() == "ready\n"
        for number in range(ROUNDS):
            act(author, owed, number, rng)
            kills += kill_in_the_middle(platform, rng, is_patient=number % PATIENT_EVERY == 0)
    finally:
        author.stdin.close()
        end(author)
    finish(platform)
    assert kills >= ROUNDS // 2
    assert_exactly_what_is_owed(platform, owed)
    assert_batches_are_complete(platform)
    status, said = platform.run("reconcile", "--json")
    assert status == 0, said
    report = json.loads(said[said.index("{") :])
    assert report == {"missing": [], "extra": [], "stale": [], "repaired": []}
    assert platform.run("audit", "verify")[0] == 0


def tell(process: subprocess.Popen[str], *words: str) -> list[str]:
    with limited(process, " ".join(words)):
        process.stdin.write(" ".join(words) + "\n")
        process.stdin.flush()
        return process.stdout.readline().split()


def act(author: subprocess.Popen[str], owed: Acknowledged, number: int, rng: random.Random) -> None:
    """Let people do something: publish one item or several, correct, withdraw, change a site."""
    title = f"第{number:04}号稿件"
    if number % 4 == 2:
        owed.menu.append(f"第{number:04}栏")
        assert tell(author, "menu", owed.menu[-1])[0] == "changed"
    if number % 4 == 3:
        assert tell(author, "rebuild") == ["rebuilding"]
    if number % 5 == 4:
        titles = [f"{title}之{part}" for part in ("甲", "乙", "丙", "丁", "戊", "己", "庚")]
        owed.published(tell(author, "batch", *titles)[1:], titles)
    else:
        owed.published(tell(author, "publish", title)[1:], [title])
    chosen = rng.choice(sorted(owed.live))
    if number % 3 == 1:
        corrected = f"第{number:04}次更正"
        if tell(author, "correct", chosen, corrected)[0] == "corrected":
            owed.corrected(chosen, corrected)
    if number % 4 == 3 and tell(author, "withdraw", chosen)[0] == "withdrawn":
        owed.withdrawn(chosen)


def kill_in_the_middle(platform: Platform, rng: random.Random, *, is_patient: bool) -> int:
    """Start a worker and kill it soon after it has taken up something; tell whether it was at work.

    Now and then one is let finish what it took up first: on a busy machine the
    same row would otherwise die again and again, and end as one that kills its workers.
    """
    worker = platform.fork("worker")
    deadline = time.monotonic() + PATIENCE_SECONDS
    mine = f"status = 'running' AND lease_owner LIKE '%:{worker}'"
    while not platform.rows(mine):
        assert time.monotonic() < deadline, f"the worker took up nothing: {platform.log()}"
        time.sleep(0.001)
    first = platform.rows(mine)
    while is_patient and platform.rows(mine) == first:
        assert time.monotonic() < deadline, f"the worker finishes nothing: {platform.log()}"
        time.sleep(0.005)
    time.sleep(rng.uniform(0, LONGEST_WORK_SECONDS))
    os.kill(worker, signal.SIGKILL)
    assert platform.wait(worker) == -signal.SIGKILL, platform.log()
    return bool(platform.rows(mine))


def finish(platform: Platform) -> None:
    """Let two last workers finish everything side by side."""
    workers = [platform.fork("worker") for _ in range(2)]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while platform.rows("status IN ('pending', 'running')"):
        assert time.monotonic() < deadline, platform.rows("status IN ('pending', 'running')")
        time.sleep(0.1)
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
        assert platform.wait(worker) == 0, platform.log()
    assert platform.rows("status = 'failed'") == []


def assert_batches_are_complete(platform: Platform) -> None:
    """Every batch ended, none of its steps is left or failed, and its end is in the record once."""
    left = "SELECT b.kind, s.topic, s.key FROM publishing_work_batchstep s"
    left += " JOIN publishing_work_publishingbatch b ON b.id = s.batch_id"
    assert (
        platform.select(f"{left} WHERE s.state = 'failed' OR (s.state = 'waiting' AND b.state = 'done')")
        == []
    )
    batches = platform.select("SELECT id, state FROM publishing_work_publishingbatch WHERE case_id IS NULL")
    assert len(batches) >= ROUNDS // 4
    assert {state for _id, state in batches} <= {"done", "cancelled"}
    ends = platform.select("SELECT subject_id FROM core_auditentry WHERE verb = 'batch.done'")
    finished = sorted(key for key, state in batches if state == "done")
    assert [key for key in finished if ends.count((str(key),)) != 1] == []


def assert_exactly_what_is_owed(platform: Platform, owed: Acknowledged) -> None:
    for site, channel in SITES.items():
        root = platform.folder / "public" / site
        pages = {path.stem: path.read_text() for path in root.glob(f"{channel}/2*/*.html")}
        assert set(pages) == set(owed.live)
        assert all(f"<h1>{title}</h1>" in pages[key] for key, title in owed.live.items())
        assert [key for key, page in pages.items() if not all(name in page for name in owed.menu)] == []
        newest = (root / channel / "index.html").read_text()
        frozen = [path.read_text() for path in root.glob(f"{channel}/[0-9]*.html")]
        listed = re.findall(r'<li><a href="/[a-z]+/\d+/(\d+)\.html">', newest)
        assert len(listed) == len(set(listed))
        entries = [re.findall(r'<li><a href="/[a-z]+/\d+/(\d+)\.html">', text) for text in frozen]
        in_frozen = [key for page in entries for key in page]
        assert len(in_frozen) == len(set(in_frozen))
        assert set(listed) | set(in_frozen) == set(owed.live)
        everything = "\n".join(path.read_text() for path in root.rglob("*.html"))
        everything += "\n".join(path.read_text() for path in root.rglob("*.xml"))
        assert [title for title in owed.gone if re.search(rf"{title}\b", everything)] == []
        sitemap = "".join(path.read_text() for path in root.glob("sitemap-*.xml"))
        assert sorted(re.findall(r"/(\d+)\.html</loc>", sitemap)) == sorted(owed.live)
