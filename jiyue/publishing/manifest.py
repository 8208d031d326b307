"""The manifest: which files a site consists of, with size and digest, each row sealed by the publisher.

Sealing a row costs a few microseconds. What takes longer, digests over many
rows and the signature, is left to the sealer (`integrity.sealing`), for which
every change marks the bucket of its path.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from zlib import crc32

from django.conf import settings
from django.db import connection

from jiyue.core import clock, crypto
from jiyue.publishing.models import ManifestBucket, OutputFile
from jiyue.publishing.store import WrittenFile

FORGET_BATCH = 500  # paths in one DELETE
BUCKETS = 1024  # about 200 rows each at 200,000 files: a publication changes a few of them
KEY_NAME = "manifest"


def bucket_of(path: str) -> int:
    """Number of the manifest's part that a path belongs to."""
    return crc32(path.encode()) % BUCKETS


def row_text(site_id: int, file: WrittenFile) -> str:
    """What the seal of a row covers."""
    return f"{site_id}\0{file.path}\0{file.size_bytes}\0{file.sm3}"


def seal_row(site_id: int, file: WrittenFile) -> str:
    """Seal of a manifest row.

    Raises:
        FileNotFoundError: The key pair is missing; `jiyue make_keys` makes it.
    """
    return _sealer(str(settings.JIYUE_KEY_DIR)).seal_of(row_text(site_id, file))


def is_sealed_row(site_id: int, file: WrittenFile, seal: str) -> bool:
    """Tell whether the publisher itself wrote a manifest row."""
    return _sealer(str(settings.JIYUE_KEY_DIR)).is_seal_of(row_text(site_id, file), seal)


@lru_cache(maxsize=4)
def _sealer(_key_folder: str) -> crypto.Sealer:
    return crypto.Sealer(crypto.load_key_pair(KEY_NAME).secret_for("manifest rows"))


def record_files(site_id: int, files: Iterable[WrittenFile]) -> None:
    """Insert or update the rows of written files, in the caller's transaction."""
    now = connection.ops.adapt_datetimefield_value(clock.now())
    rows = [
        (site_id, file.path, file.size_bytes, file.sm3, now, bucket_of(file.path), seal_row(site_id, file))
        for file in files
    ]
    if not rows:
        return
    table = OutputFile._meta.db_table
    # The only value in the text is the table's own name.
    sql = f"""
        INSERT INTO {table} (site_id, path, size_bytes, sm3, written_at, bucket, seal)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (site_id, path) DO UPDATE
        SET size_bytes = excluded.size_bytes, sm3 = excluded.sm3, written_at = excluded.written_at,
            bucket = excluded.bucket, seal = excluded.seal
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)
    mark_changed(site_id, (row[1] for row in rows))


def forget_files(site_id: int, paths: Sequence[str]) -> None:
    """Delete the rows of removed files, in the caller's transaction."""
    for start in range(0, len(paths), FORGET_BATCH):
        OutputFile.objects.filter(site_id=site_id, path__in=paths[start : start + FORGET_BATCH]).delete()
    mark_changed(site_id, paths)


def mark_changed(site_id: int, paths: Iterable[str]) -> None:
    """Have the sealer look at the buckets of paths again, in the caller's transaction."""
    numbers = sorted({bucket_of(path) for path in paths})  # one order for all: no deadlock
    if not numbers:
        return
    table = ManifestBucket._meta.db_table
    sql = f"""
        INSERT INTO {table} (site_id, number, version, sealed_version, digest, files, size_bytes)
        VALUES (%s, %s, 1, 0, '', 0, 0)
        ON CONFLICT (site_id, number) DO UPDATE SET version = {table}.version + 1
    """  # noqa: S608  # the table's own name
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(site_id, number) for number in numbers])


def has_file(site_id: int, path: str) -> bool:
    """Tell whether the manifest knows a file."""
    return OutputFile.objects.filter(site_id=site_id, path=path).exists()
