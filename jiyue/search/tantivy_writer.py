"""The writing side of the embedded index: one writer, batches, rebuilds."""

import json
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import tantivy
from django.utils.translation import gettext_lazy as _

from jiyue.search.engine import Change, Delete, IndexBusy, SearchDocument, Upsert
from jiyue.search.generations import Generations
from jiyue.search.tantivy_reader import check_version
from jiyue.search.tantivy_schema import SCHEMA, from_json, to_json, to_tantivy

WRITER_HEAP_BYTES = 20_000_000  # single publications: small batches, one thread
REBUILD_HEAP_BYTES = 100_000_000
REBUILD_THREADS = 2  # tokens come from one Python thread; more threads would starve


class Writer:
    """Applies changes to the current generation and builds new ones.

    The tantivy writer stays open between batches so that merges run in the
    background; it holds a lock in the generation's folder until `close`.
    """

    def __init__(self, generations: Generations):
        self._generations = generations
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._writer: tantivy.IndexWriter | None = None

    def apply(self, changes: Sequence[Change]) -> None:
        """Carry out the changes in order and commit once."""
        if not changes:
            return
        with self._lock, self._generations.writing():
            writer = self._open_current()
            try:
                _write(writer, changes)
                writer.commit()
            except BaseException:
                self._release()  # drops what was not committed
                raise
            if self._generations.is_rebuilding():
                with self._generations.journal.open("a", encoding="utf-8") as journal:
                    journal.writelines(_journal_line(change) for change in changes)

    def rebuild(self, documents: Iterable[SearchDocument]) -> int:
        """Build a fresh generation beside the current one and swap."""
        with self._rebuilding() as building:
            index = tantivy.Index(SCHEMA, path=str(building))
            with _batch(index, REBUILD_HEAP_BYTES, REBUILD_THREADS) as writer:
                for document in documents:
                    writer.add_document(to_tantivy(document))
            with self._lock, self._generations.writing():
                with _batch(index, WRITER_HEAP_BYTES, 1) as writer:
                    _write(writer, _read_journal(self._generations.journal))
                index.reload()
                count: int = index.searcher().num_docs
                previous = self._generations.current()
                self._release()
                self._generations.make_current(building)
                self._generations.journal.unlink()
                # A writer in another process may still work in the previous one and removes it.
                self._generations.remove_stale(*([previous] if previous else []))
        return count

    def may_write(self) -> bool:
        """Take the lane of the one writer, or find out that another process has it."""
        with self._lock:
            return self._generations.take_lane()

    def close(self) -> None:
        """Wait for merges and let go of the writer's lock and lane."""
        with self._lock:
            writer, self._writer, self._folder = self._writer, None, None
            if writer is not None:
                writer.wait_merging_threads()
            self._generations.leave_lane()

    def _open_current(self) -> tantivy.IndexWriter:
        folder = self._generations.current()
        if self._writer is not None and folder == self._folder:
            return self._writer
        self._release()
        if folder is None:
            building = self._generations.make_building()
            tantivy.Index(SCHEMA, path=str(building))
            folder = self._generations.make_current(building)
        check_version(self._generations, folder)
        self._writer = _open_writer(tantivy.Index.open(str(folder)), WRITER_HEAP_BYTES, 1)
        self._folder = folder
        self._generations.remove_stale()
        return self._writer

    def _release(self) -> None:
        self._writer, self._folder = None, None

    @contextmanager
    def _rebuilding(self) -> Iterator[Path]:
        """Hold the rebuild lock around a folder that disappears unless it became current."""
        try:
            with self._generations.rebuilding():
                with self._generations.writing():
                    building = self._generations.make_building()
                    self._generations.journal.write_text("")
                try:
                    yield building
                finally:
                    shutil.rmtree(building, ignore_errors=True)
                    self._generations.journal.unlink(missing_ok=True)
        except BlockingIOError as error:
            raise IndexBusy(
                _("The search index is already being rebuilt."), fix=_("Wait until that has finished.")
            ) from error


def _write(writer: tantivy.IndexWriter, changes: Iterable[Change]) -> None:
    for change in changes:
        match change:
            case Upsert(document):
                writer.delete_documents_by_term("public_id", document.public_id)
                writer.add_document(to_tantivy(document))
            case Delete(public_id):
                writer.delete_documents_by_term("public_id", public_id)


@contextmanager
def _batch(index: tantivy.Index, heap_bytes: int, threads: int) -> Iterator[tantivy.IndexWriter]:
    """Open a writer, commit once at the end and wait until everything is merged."""
    writer = _open_writer(index, heap_bytes, threads)
    yield writer
    writer.commit()
    writer.wait_merging_threads()


def _open_writer(index: tantivy.Index, heap_bytes: int, threads: int) -> tantivy.IndexWriter:
    try:
        return index.writer(heap_bytes, threads)
    except ValueError as error:
        if "LockBusy" not in str(error):
            raise
        raise IndexBusy(
            _("Another process is writing to the search index."),
            fix=_("Wait until it has finished, or stop the workers first."),
        ) from error


def _journal_line(change: Change) -> str:
    match change:
        case Upsert(document):
            return f"{to_json(document)}\n"
        case Delete(public_id):
            return f"{json.dumps(public_id)}\n"


def _read_journal(journal: Path) -> Iterator[Change]:
    with journal.open(encoding="utf-8") as lines:
        for line in lines:
            yield Delete(json.loads(line)) if line.startswith('"') else Upsert(from_json(line))
