"""Pages as they were before another edition replaced them or they were taken down.

Kept is what a correction or a withdrawal ends, once per edition; a page that is
only written again, because a neighbour or the menu changed, isn't. So most
publications keep nothing. The bytes lie in a private folder, sealed, under
their digest: equal pages take their place once, and no visitor's address leads
there.

A killed batch runs again: the manifest still names the earlier digest, and the
bytes are there already.

Source: GL 七(三)3; 八(二)2 (LIB-16, SEC-07).
"""

import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from isal import igzip

from jiyue.core import at_rest, clock, crypto, leftovers
from jiyue.core.alarms import KINDS, AlarmKind, end_alarm, raise_alarm
from jiyue.core.errors import DomainError
from jiyue.core.files import replace_atomically
from jiyue.core.resealing import OTHERS
from jiyue.core.schedule import JOBS, Job
from jiyue.publishing.delivery.enums import KeptReason
from jiyue.publishing.delivery.models import KeptFile
from jiyue.publishing.models import OutputFile
from jiyue.publishing.store import OutputStore, StoreFailed, compress

logger = logging.getLogger(__name__)

UNKEPT = "store.unkept"
SWEEP_TIME = time(4, 10)
SYNC_FILES = 8  # beyond it one `sync` is cheaper
SWEEP_ROWS = 500  # deleted in one step


class KeptFileDamaged(DomainError):
    """The kept bytes are gone or aren't those that were kept."""

    code = "kept_file_damaged"


@dataclass(frozen=True, slots=True)
class Ending:
    """A page that is about to be replaced or removed.

    Attributes:
        path: Its path on the site.
        edition_id: What it shows so far.
        reason: Why it ends.
    """

    path: str
    edition_id: int
    reason: KeptReason


def keep(site_id: int, site_key: str, store: OutputStore, endings: Sequence[Ending]) -> list[KeptFile]:
    """Keep the bytes of pages that end, before they are replaced; return the rows for `record_kept`.

    A page whose bytes aren't those of the manifest isn't kept: it isn't what we
    published. A private folder that takes nothing raises an alarm and holds up
    neither a correction nor a withdrawal.
    """
    manifest = _read_manifest(site_id, [ending.path for ending in endings])
    now, rows = clock.now(), []
    try:
        for ending in endings:
            size, sm3 = manifest.get(ending.path, (0, ""))
            if sm3 and _keep_bytes(store, ending.path, sm3):
                values = {"sm3": sm3, "size_bytes": size, "reason": ending.reason, "kept_at": now}
                rows.append(
                    KeptFile(site_id=site_id, path=ending.path, edition_id=ending.edition_id, **values)
                )
        _sync([bytes_path(row.sm3) for row in rows])
    except StoreFailed:
        raise
    except OSError as error:  # a withdrawal must not wait for it
        logger.exception("publishing.not_kept", extra={"site": site_key, "pages": len(endings)})
        raise_alarm(UNKEPT, site_key, site_key=site_key, details={"reason": f"{error}"[:300]})
        return rows
    end_alarm(UNKEPT, site_key, how="the folder of kept pages takes files")
    return rows


def _read_manifest(site_id: int, paths: Sequence[str]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for start in range(0, len(paths), SWEEP_ROWS):
        rows = OutputFile.objects.filter(site=site_id, path__in=paths[start : start + SWEEP_ROWS])
        found.update({path: (size, sm3) for path, size, sm3 in rows.values_list("path", "size_bytes", "sm3")})
    return found


def _keep_bytes(store: OutputStore, path: str, sm3: str) -> bool:
    if _are_kept(sm3):
        return True
    data = store.read(path)
    if data is None or crypto.sm3_hex(data) != sm3:
        logger.warning("publishing.not_kept", extra={"path": path})
        return False
    target = bytes_path(sm3)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{sm3}.{secrets.token_hex(4)}.new")
    temporary.write_bytes(at_rest.seal(compress(data), place=_place(sm3)))
    temporary.replace(target)
    return True


def _sync(paths: Sequence[Path]) -> None:
    """Have them survive a power cut, before the pages themselves are replaced."""
    if len(paths) > SYNC_FILES:
        os.sync()
        return
    for path in {*paths, *(path.parent for path in paths)}:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _are_kept(sm3: str) -> bool:
    try:
        os.utime(bytes_path(sm3))  # the sweep of leftovers sees that they are needed again
    except FileNotFoundError:
        return False
    return True


def record_kept(rows: Sequence[KeptFile]) -> None:
    """Write the rows of kept pages, in the transaction of the batch that ended them."""
    KeptFile.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["site", "path", "edition", "sm3", "reason"],
        update_fields=["kept_at"],
    )


def read_kept(kept: KeptFile) -> bytes:
    """Return the bytes of a kept page.

    Raises:
        KeptFileDamaged: They are gone, or aren't those that were kept.
    """
    try:
        packed = at_rest.unseal(bytes_path(kept.sm3).read_bytes(), place=_place(kept.sm3))
    except (OSError, crypto.UnreadableCiphertext) as error:
        raise _damaged() from error
    data = bytes(igzip.decompress(packed))  # type: ignore[no-untyped-call]
    if crypto.sm3_hex(data) != kept.sm3:
        raise _damaged()
    return data


def _damaged() -> KeptFileDamaged:
    return KeptFileDamaged(
        _("The kept bytes are gone or damaged."), fix=_("Restore the folder of kept pages from the backup.")
    )


def bytes_path(sm3: str) -> Path:
    """Where the sealed bytes with this digest lie."""
    return Path(settings.JIYUE_KEPT_DIR) / sm3[:2] / sm3


def _place(sm3: str) -> str:
    return f"kept:{sm3}"


def sweep() -> Iterator[object]:
    """Forget pages whose time is over, then bytes that no row names."""
    before = clock.now() - timedelta(days=settings.JIYUE_KEPT_DAYS)
    while True:
        over = KeptFile.objects.filter(kept_at__lt=before).order_by("pk")[:SWEEP_ROWS]
        ids = list(over.values_list("pk", flat=True))
        if not ids:
            break
        KeptFile.objects.filter(pk__in=ids).delete()
        yield len(ids)
    yield from leftovers.sweep(Path(settings.JIYUE_KEPT_DIR), _known)


def _known(names: Sequence[str]) -> set[str]:
    return set(KeptFile.objects.filter(sm3__in=names).values_list("sm3", flat=True))


def reseal() -> Iterator[object]:
    """Encrypt kept pages anew that an older key sealed."""
    current = at_rest.current_key_id()
    for path in sorted(Path(settings.JIYUE_KEPT_DIR).glob("??/[0-9a-f]*")):
        sealed = path.read_bytes()
        if at_rest.key_id_of(sealed) != current:
            plain = at_rest.unseal(sealed, place=_place(path.name))
            replace_atomically(path, at_rest.seal(plain, place=_place(path.name)))
            yield path.name


def register() -> None:
    """Enter alarm, sweep and the sealing anew."""
    KINDS.register(
        UNKEPT,
        AlarmKind(
            _("Replaced pages can't be kept"),
            _("Look at the free space and the rights of the folder of kept pages, and at the storage key."),
        ),
    )
    JOBS.register("publishing.kept", Job(sweep, at=SWEEP_TIME))
    OTHERS.register("kept pages", reseal)
