"""An S3-compatible object store: many requests at once, every object replaced as a whole.

`write` and `remove` only start a request; up to `PARALLEL` run at the same time
and `flush` waits for all of them before the batch's transaction, so that a
batch of a thousand pages takes some dozens of round trips, not a thousand. An
object is the old one or the new one by the service's own promise; large files
go up in parts and appear when the last part is there.

Temporary failures are tried again with growing delays within `RETRY_SECONDS`;
after that, and at once for a refusal, the batch fails with `StoreFailed`; its
rows go on when the store works again (`failures`).

The compressed copy of `index.html` is the object `index.html.gz` with
`Content-Encoding: gzip`, for a proxy that chooses it (docs/features/stores.md).
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from jiyue.core import crypto
from jiyue.publishing.addresses import UnsafePathError, check_path
from jiyue.publishing.delivery.headers import cache_control, content_type
from jiyue.publishing.delivery.options import ObjectStoreOptions
from jiyue.publishing.store import StoreFailed, StoreUnreachable, WrittenFile, compress, is_compressed

logger = logging.getLogger(__name__)

PARALLEL = 32  # requests at once; more gains nothing against one bucket
WAITING = 256  # started requests at most: bounds what lies in memory
PART_BYTES = 8 * 1024 * 1024  # of a large file
CONNECT_SECONDS = 3
REQUEST_SECONDS = 30  # one request, a part of a large file included
RETRIES = 12
RETRY_SECONDS = 25  # well below the lease of an outbox row
HASTY_RETRIES = 1  # while the service is known to be away: other work has its turn
HASTY_SECONDS = 60
LIST_ROWS = 1000  # what one listing answers at most
PROBE = ".probe"

T = TypeVar("T")


class Patience:
    """How long a process asks again: hardly, for a while after the service didn't answer."""

    def __init__(self) -> None:
        self._hasty_until = 0.0

    @property
    def retries(self) -> int:
        """How often a request is sent again."""
        return HASTY_RETRIES if time.monotonic() < self._hasty_until else RETRIES

    def note_failure(self) -> None:
        """The service didn't answer however often it was asked."""
        self._hasty_until = time.monotonic() + HASTY_SECONDS

    def note_answer(self) -> None:
        """It answers."""
        self._hasty_until = 0.0


patience = Patience()


class ObjectStore:
    """One site's part of a bucket; use as a context, by one process at a time.

    Args:
        options: The bucket and how to reach it.
        site_key: The site; its files lie below `<prefix>/<site key>/`.
    """

    survives_fork = False  # the client's threads don't exist in a forked child

    def __init__(self, options: ObjectStoreOptions, site_key: str):
        folder = "/".join(part for part in (options.prefix, site_key) if part)
        self._bucket = client(options, folder)
        self._pool = ThreadPoolExecutor(PARALLEL, "store")
        self._running: dict[str, Future[object]] = {}
        self._expected: Iterator[str] = iter(())
        self._fetched: dict[str, Future[bytes | None]] = {}

    def __enter__(self) -> "ObjectStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._running.clear()
            self._fetched.clear()

    def write(self, path: str, data: bytes) -> WrittenFile:
        """Start putting a file and its compressed copy in place; they are there after `flush`."""
        check_path(path)
        if is_compressed(path):
            self._start(f"{path}.gz", self._put, compress(data), _attributes(path, encoding="gzip"))
        self._start(path, self._put, data, _attributes(path))
        return WrittenFile(path, len(data), crypto.sm3_hex(data))

    def copy(self, path: str, source: Path) -> WrittenFile:
        """Start putting a copy of a file in place, large ones in parts.

        Raises:
            FileNotFoundError: There is no such source; nothing is changed.
        """
        check_path(path)
        size = source.stat().st_size
        self._start(path, self._put, source, _attributes(path))
        return WrittenFile(path, size, crypto.sm3_file_hex(source))

    def remove(self, path: str) -> None:
        """Start removing a file and its compressed copy; harmless when it is gone."""
        check_path(path)
        self._settle(f"{path}.gz")
        self._fetched.pop(f"{path}.gz", None)
        self._start(path, self._delete, [path, f"{path}.gz"])

    def expect(self, paths: Iterable[str]) -> None:
        """Start reading ahead: up to `PARALLEL` of the files that will be read next."""
        self._expected = iter(paths)
        self._fetched.clear()
        self._fetch_ahead()

    def read(self, path: str) -> bytes | None:
        """Return an object's bytes, or None when there is none."""
        self._settle(path)
        while path in self._fetched:
            first = next(iter(self._fetched))
            answer = self._fetched.pop(first)
            if first == path:
                self._fetch_ahead()
                return answer.result()
        return self._get(path)

    def has(self, path: str) -> bool:
        """Tell whether an object is in place."""
        return bool(self.which([path]))

    def which(self, paths: Iterable[str]) -> set[str]:
        """Return those of the paths whose objects are in place."""
        asked = [check_path(path) for path in paths]
        for path in asked:
            self._settle(path)
        answers = self._pool.map(self._is_there, asked)
        return {path for path, is_there in zip(asked, answers, strict=True) if is_there}

    def walk(self) -> Iterator[str]:
        """Yield the path of every object of the site, whatever its name."""
        self.flush()
        pages = iter(_ask(lambda: obstore.list(self._bucket, chunk_size=LIST_ROWS)))
        while (page := _ask(lambda: next(pages, None))) is not None:
            for entry in page:
                yield entry["path"]

    def discard(self, path: str) -> None:
        """Remove one object that `walk` named."""
        self._settle(path)
        self._start(path, self._delete, [path])

    def flush(self, *, is_durable: bool = True) -> None:
        """Wait until everything written or removed is in place; the service keeps it from then on.

        Raises:
            StoreFailed: Something isn't; everything else was waited for.
        """
        running, self._running = self._running, {}
        errors = [error for each in running.values() if (error := each.exception()) is not None]
        if len(errors) > 1:
            logger.warning("publishing.store_refused", extra={"objects": len(errors), "of": len(running)})
        if errors:
            raise errors[0]

    def probe(self) -> None:
        """Write and remove something that no visitor asks for; raises what writing a page would."""
        self._put(PROBE, b"", {})
        self._delete(PROBE, [PROBE])

    def _start(self, key: str, act: Callable[..., object], *arguments: object) -> None:
        """Have a thread do something with an object, after whatever was started before with it."""
        self._settle(key)
        if len(self._running) >= WAITING:
            self._settle(next(iter(self._running)))
        self._fetched.pop(key, None)
        self._running[key] = self._pool.submit(act, key, *arguments)

    def _settle(self, key: str) -> None:
        started = self._running.pop(key, None)
        if started is not None:
            started.result()

    def _fetch_ahead(self) -> None:
        for path in islice(self._expected, PARALLEL - len(self._fetched)):
            self._fetched[path] = self._pool.submit(self._get, path)

    def _get(self, key: str) -> bytes | None:
        try:
            return bytes(_ask(lambda: obstore.get(self._bucket, key).bytes()))
        except FileNotFoundError:
            return None

    def _is_there(self, key: str) -> bool:
        try:
            _ask(lambda: obstore.head(self._bucket, key))
        except FileNotFoundError:
            return False
        return True

    def _put(self, key: str, data: bytes | Path, attributes: dict[str, str]) -> None:
        try:
            _ask(lambda: obstore.put(self._bucket, key, data, attributes=attributes, chunk_size=PART_BYTES))
        except FileNotFoundError as error:  # of the bucket, or a source removed meanwhile
            raise StoreFailed(f"{key}: {error}", permanent=True) from error

    def _delete(self, _key: str, keys: list[str]) -> None:
        _ask(lambda: obstore.delete(self._bucket, keys))


def _attributes(path: str, *, encoding: str = "") -> dict[str, str]:
    found = {"Content-Type": content_type(path), "Cache-Control": cache_control(f"/{path}")}
    return found | {"Content-Encoding": encoding} if encoding else found


def _ask(act: Callable[[], T]) -> T:
    """Ask the service, and say of a failure whether asking again can help."""
    try:
        answer = act()
    except FileNotFoundError:
        raise
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise StoreFailed(f"the storage service refuses: {_first_line(error)}", permanent=True) from error
    except ValueError as error:  # a name that the service couldn't give back
        raise UnsafePathError(_first_line(error)) from error
    except (BaseError, OSError) as error:
        patience.note_failure()
        raise StoreUnreachable(f"the storage service fails: {_first_line(error)}", permanent=False) from error
    patience.note_answer()
    return answer


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]


def client(options: ObjectStoreOptions, folder: str) -> S3Store:
    """Return this process's client for what lies below a folder of the bucket."""
    return _client(os.getpid(), options, folder, patience.retries)


@lru_cache(maxsize=64)
def _client(_process: int, options: ObjectStoreOptions, folder: str, retries: int) -> S3Store:
    """One client per process and folder: it keeps its connections."""
    return S3Store(
        options.bucket,
        prefix=folder,
        endpoint=options.endpoint,
        region=options.region,
        access_key_id=options.key,
        secret_access_key=options.secret,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": options.endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "timeout": timedelta(seconds=REQUEST_SECONDS),
        },
        retry_config={
            "max_retries": retries,
            "retry_timeout": timedelta(seconds=RETRY_SECONDS),
            "backoff": {
                "init_backoff": timedelta(milliseconds=200),
                "max_backoff": timedelta(seconds=5),
                "base": 2,
            },
        },
    )
