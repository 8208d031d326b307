import itertools
import multiprocessing
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from jiyue.search.engine import Delete, IndexBusy, IndexOutdated, SearchQuery, SearchUnavailable, Upsert
from jiyue.search.tantivy_index import TantivyIndex
from jiyue.search.tests.contract import SearchContract
from jiyue.search.tests.factories import ask, found, make_document, put
from tests.plumbing.processes import join


@pytest.fixture
def index(tmp_path):
    engine = TantivyIndex(tmp_path / "search")
    yield engine
    engine.close()


class TestTantivyIndex(SearchContract):
    @pytest.fixture
    def index(self, tmp_path):
        engine = TantivyIndex(tmp_path / "search")
        yield engine
        engine.close()


def _read_elsewhere(path: Path, pipe: Connection) -> None:
    """Answer every query received with the number of hits, on its first try."""
    reader = TantivyIndex(path)
    for text in iter(pipe.recv, None):
        pipe.send(reader.search(SearchQuery(text, "city")).total)


def test_first_query_of_another_process_sees_every_commit(index, tmp_path):
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    reader = context.Process(target=_read_elsewhere, args=(tmp_path / "search", there))
    reader.start()

    def seen() -> int:
        here.send("网站")
        assert here.poll(30)
        return int(here.recv())

    try:
        assert seen() == 0
        for number in range(1, 31):
            put(index, make_document(str(number), body_text="网站"))
            assert seen() == number
        index.apply([Delete("1")])
        assert seen() == 29
        index.rebuild([make_document("1", body_text="网站")])
        assert seen() == 1
        put(index, make_document("2", body_text="网站"))
        assert seen() == 2
    finally:
        here.send(None)
        reader.join(30)


def _write_forever(path: Path, pipe: Connection) -> None:
    """Acknowledge one document after the other until killed."""
    writer = TantivyIndex(path)
    for number in itertools.count():
        put(writer, make_document(str(number), body_text="网站"))
        pipe.send(number)


def test_killed_writer_loses_nothing_it_acknowledged(tmp_path):
    context = multiprocessing.get_context("spawn")
    for delay_seconds in (0.0, 0.004, 0.011):
        path = tmp_path / f"killed-{delay_seconds}"
        here, there = context.Pipe()
        process = context.Process(target=_write_forever, args=(path, there))
        process.start()
        assert here.poll(30)
        while here.recv() < 12:  # merges have begun
            assert here.poll(30)
        time.sleep(delay_seconds)
        process.kill()
        process.join(30)
        acknowledged = 13
        while here.poll(0):
            acknowledged = here.recv() + 1
        survivor = TantivyIndex(path)
        assert ask(survivor, "网站").total >= acknowledged
        assert set(survivor.entries()) >= {str(number) for number in range(acknowledged)}
        put(survivor, make_document("after", body_text="网站"))
        assert "after" in survivor.entries()
        survivor.close()


def test_writer_in_another_object_is_refused_while_the_first_is_open(index, tmp_path):
    put(index, make_document("1", body_text="网站"))
    second = TantivyIndex(tmp_path / "search")
    with pytest.raises(IndexBusy):
        put(second, make_document("2"))
    index.close()
    put(second, make_document("2", body_text="网站"))
    second.close()
    assert sorted(found(ask(index, "网站"))) == ["1", "2"]


def test_worker_follows_a_rebuild_by_another_process(index, tmp_path):
    put(index, make_document("1", body_text="网站"))
    command = TantivyIndex(tmp_path / "search")
    assert command.rebuild([make_document("2", body_text="网站")]) == 1
    put(index, make_document("3", body_text="网站"))
    assert sorted(found(ask(index, "网站"))) == ["2", "3"]
    generations = [folder for folder in (tmp_path / "search").iterdir() if folder.is_dir()]
    assert len(generations) == 2, "the link and the one folder it leads to"


def test_second_rebuild_at_the_same_time_is_refused(index, tmp_path):
    def documents():
        with pytest.raises(IndexBusy):
            TantivyIndex(tmp_path / "search").rebuild([])
        yield make_document("1", body_text="网站")

    assert index.rebuild(documents()) == 1


def test_journal_of_a_killed_rebuild_is_dropped(index, tmp_path):
    put(index, make_document("1"))
    journal = tmp_path / "search" / "journal.jsonl"
    journal.write_text("")
    put(index, make_document("2", body_text="网站"))
    assert not journal.exists()
    assert found(ask(index, "网站")) == ["2"]


def test_failed_batch_leaves_nothing_half_written(index):
    put(index, make_document("1", body_text="网站"))
    with pytest.raises(AttributeError):
        index.apply([Upsert(make_document("2", body_text="网站")), Upsert(None)])  # type: ignore[arg-type]
    put(index, make_document("3", body_text="网站"))
    assert sorted(found(ask(index, "网站"))) == ["1", "3"]


def test_damaged_index_is_reported_and_can_be_rebuilt(index, tmp_path):
    put(index, make_document("1"))
    index.close()
    (tmp_path / "search" / "current" / "meta.json").write_text("{")
    with pytest.raises(SearchUnavailable) as refusal:
        ask(index, "网站")
    assert "reindex" in str(refusal.value.fix)
    index.rebuild([make_document("1", body_text="网站")])
    assert found(ask(index, "网站")) == ["1"]


def test_index_of_another_version_is_refused_until_it_is_rebuilt(index, tmp_path):
    put(index, make_document("1"))
    index.close()
    root = tmp_path / "search"
    folder = (root / "current").readlink()
    (root / folder).rename(root / "v0-old")
    (root / "current").unlink()
    (root / "current").symlink_to("v0-old")
    with pytest.raises(IndexOutdated):
        ask(index, "网站")
    with pytest.raises(IndexOutdated):
        put(index, make_document("2"))
    index.rebuild([make_document("1", body_text="网站")])
    assert found(ask(index, "网站")) == ["1"]


def test_threads_may_search_while_one_writes(index):
    put(index, make_document("0", body_text="网站"))
    errors: list[BaseException] = []
    stop = threading.Event()

    def search() -> None:
        least = 1
        try:
            while not stop.is_set():
                total = ask(index, "网站").total
                assert total >= least
                least = total
        except BaseException as error:  # noqa: BLE001 - reported below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=search, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 20):
        put(index, make_document(str(number), body_text="网站"))
    stop.set()
    join(*threads)
    assert errors == []
    assert ask(index, "网站").total == 20


def test_one_process_at_a_time_holds_the_writers_lane(tmp_path: Path) -> None:
    first, second = TantivyIndex(tmp_path), TantivyIndex(tmp_path)
    assert first.may_write()
    assert first.may_write()
    assert not second.may_write()
    first.close()
    assert second.may_write()
    second.close()
