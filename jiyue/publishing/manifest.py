"""The manifest: which files a site consists of, with size and digest."""

from collections.abc import Iterable, Sequence

from django.db import connection

from jiyue.core import clock
from jiyue.publishing.models import OutputFile
from jiyue.publishing.store import WrittenFile

FORGET_BATCH = 500  # paths in one DELETE


def record_files(site_id: int, files: Iterable[WrittenFile]) -> None:
    """Insert or update the rows of written files, in the caller's transaction."""
    now = connection.ops.adapt_datetimefield_value(clock.now())
    rows = [(site_id, file.path, file.size_bytes, file.sm3, now) for file in files]
    if not rows:
        return
    table = OutputFile._meta.db_table
    # The only value in the text is the table's own name.
    sql = f"""
        INSERT INTO {table} (site_id, path, size_bytes, sm3, written_at) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (site_id, path) DO UPDATE
        SET size_bytes = excluded.size_bytes, sm3 = excluded.sm3, written_at = excluded.written_at
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def forget_files(site_id: int, paths: Sequence[str]) -> None:
    """Delete the rows of removed files, in the caller's transaction."""
    for start in range(0, len(paths), FORGET_BATCH):
        OutputFile.objects.filter(site_id=site_id, path__in=paths[start : start + FORGET_BATCH]).delete()


def has_file(site_id: int, path: str) -> bool:
    """Tell whether the manifest knows a file."""
    return OutputFile.objects.filter(site_id=site_id, path=path).exists()
