"""Putting right what was found: under the site's lock, from known bytes or through the publisher.

Only what still differs from the manifest once the lock is held was done by
somebody else: the publisher writes files and manifest under the same lock. A
batch that was killed in between leaves its row in the outbox; its files are
left to it for `integrity.watching.PATIENCE_SECONDS`.

Source: GL 七(二)1; GL 七(三)2; HT 附件(单项否决6) (SEC-15).
"""

import logging
import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation

from jiyue.core import clock, crypto
from jiyue.core.models import OutboxMessage, OutboxStatus
from jiyue.publishing import topics
from jiyue.publishing.addresses import UnsafePathError, check_path
from jiyue.publishing.delivery.local import FOLDER_MODE, PROBE
from jiyue.publishing.delivery.stores import open_store, site_root
from jiyue.publishing.frames import LANGUAGE, load_site_pages
from jiyue.publishing.integrity.comparing import FORBIDDEN_MODE, ROOT, Finding, FolderReader, mark_swapped
from jiyue.publishing.integrity.models import TamperKind, TamperState
from jiyue.publishing.integrity.objects import ObjectReader, custody_of, lies_in_objects, reading
from jiyue.publishing.manifest import forget_files, is_sealed_row
from jiyue.publishing.models import OutputFile, Placement
from jiyue.publishing.publisher import exclusive
from jiyue.publishing.reconcile import ask_for_paths
from jiyue.publishing.store import OutputStore, WrittenFile, is_compressed
from jiyue.sites.models import Channel, Site

logger = logging.getLogger(__name__)

_PLACE_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LEFTOVER = re.compile(r"\.(.+)\.new")  # what a killed writer leaves
_WITHOUT_ROW = (TamperKind.PLANTED, TamperKind.FOLDER)


@dataclass(frozen=True)
class Remedy:
    """What was found and what became of it."""

    finding: Finding
    state: TamperState
    how: str
    evidence: str = ""
    found_at: datetime | None = None


@dataclass
class Settled:
    """What came of looking at some paths of a site.

    Attributes:
        remedies: Tampering, with what was done.
        deferred: Paths left to a batch that was killed or waits.
    """

    remedies: list[Remedy] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)


def settle(site: Site, paths: Iterable[str], *, impatient: frozenset[str] = frozenset()) -> Settled:
    """Compare paths of a site with the manifest and put right what the publisher didn't do.

    Args:
        site: The site.
        paths: Below its folder; of files, their compressed copies, folders, in any order.
        impatient: Paths that an unfinished batch doesn't excuse any more.

    Raises:
        BlockingIOError: The publisher is at work on the site; ask again.
    """
    wanted = sorted({_original(path) for path in paths})
    if not _find(site, wanted):
        return Settled()
    found_at = clock.now()
    with exclusive(site.key, waits=False), translation.override(LANGUAGE):
        findings = _find(site, wanted)
        unfinished = _find_unfinished(site, [each for each in findings if each.path not in impatient])
        settled = Settled(deferred=sorted(unfinished))
        own = [each for each in findings if each.path not in unfinished]
        if own:
            done = _Repair(site).carry_out(own)
            settled.remedies = [replace(each, found_at=found_at) for each in done]
        return settled


def load_rows(site_id: int, paths: Iterable[str]) -> dict[str, tuple[WrittenFile, bool]]:
    """Manifest rows by path, and whether the publisher itself wrote them."""
    rows = OutputFile.objects.filter(site=site_id, path__in=list(paths))
    found = {}
    for path, size, sm3, seal in rows.values_list("path", "size_bytes", "sm3", "seal"):
        file = WrittenFile(path, size, sm3)
        found[path] = (file, is_sealed_row(site_id, file, seal))
    return found


def _original(path: str) -> str:
    """The file that a compressed copy belongs to."""
    original = path.removesuffix(".gz")
    return original if original != path and is_compressed(original) else path


def _find(site: Site, paths: Sequence[str]) -> list[Finding]:
    """What is wrong at these paths; things without a row first, so that folders are in order before files."""
    rows = load_rows(site.pk, [path for path in paths if is_text(path)])
    found: list[Finding | None] = []
    with reading(site.key) as reader:
        for path in paths:
            row, is_sealed = rows.get(path, (None, False))
            if row is None:
                found += [_look(site, reader, path), _look(site, reader, f"{path}.gz")]
            elif not is_sealed:
                found.append(Finding(path, TamperKind.RECORD, row))
            else:
                found.append(reader.examine(row))
    findings = _without_inner([each for each in found if each is not None])
    findings.sort(key=lambda each: each.kind not in _WITHOUT_ROW)
    digests = {each.sm3 for each in findings if each.sm3 and each.expected is not None}
    others = OutputFile.objects.filter(site=site, sm3__in=digests) if digests else OutputFile.objects.none()
    return mark_swapped(findings, dict(others.values_list("sm3", "path")))


def _without_inner(findings: list[Finding]) -> list[Finding]:
    """Leave out what lies in a planted folder: it goes with it."""
    planted = {each.path for each in findings if each.kind == TamperKind.FOLDER}
    if not planted:
        return findings
    return [
        each
        for each in findings
        if not any(each.path[:end] in planted for end, char in enumerate(each.path) if char == "/")
    ]


def is_text(path: str) -> bool:
    """Whether a name can be asked the database for at all."""
    return "\0" not in path and path.isprintable() and not any("\ud800" <= char <= "\udfff" for char in path)


def _look(site: Site, reader: FolderReader | ObjectReader, path: str) -> Finding | None:
    is_loose = isinstance(reader, FolderReader) and reader.is_loose("" if path == ROOT else path)
    loose = Finding(path, TamperKind.PERMISSIONS) if is_loose else None
    if path == ROOT:
        return Finding(ROOT, TamperKind.PLANTED) if _is_root_taken(site_root(site.key)) else loose
    found = reader.look(path)
    if found is None or found.kind != TamperKind.FOLDER:
        return found
    is_own = is_text(path) and _is_own_folder(site, path)
    return loose if is_own else found


def _is_own_folder(site: Site, path: str) -> bool:
    """Whether the publisher makes this folder: some file lies, lay or will lie in it."""
    inside = f"{path}/"
    return (
        path in ("assets", "media", "archive")
        or OutputFile.objects.filter(site=site, path__startswith=inside).exists()
        or Placement.objects.filter(site=site, path__startswith=inside).exists()
        or Channel.objects.filter(Q(path=path) | Q(path__startswith=inside), site=site).exists()
    )


def _find_unfinished(site: Site, findings: Sequence[Finding]) -> set[str]:
    """Paths that a batch now waiting for its next attempt may have written without recording them."""
    if not findings or not _started(()).exists():
        return set()
    if _started((topics.ARCHIVE, topics.NEWEST)).exists():
        return {each.path for each in findings if each.kind not in _WITHOUT_ROW}
    pages = load_site_pages(site.pk)
    unfinished = set()
    for each in findings:
        if not is_text(each.path):
            continue  # nothing of ours is called so
        requests = topics.Requests()
        ask_for_paths(requests, pages, {each.path})
        if any(_started((topic,)).filter(key=key).exists() for topic, key in requests.wanted()):
            unfinished.add(each.path)
    return unfinished


def _started(wanted: Sequence[str]) -> QuerySet[OutboxMessage]:
    """Rows of the publisher that were begun and aren't finished."""
    begun = Q(status=OutboxStatus.RUNNING) | Q(status=OutboxStatus.PENDING, attempts__gt=0)
    rows = OutboxMessage.objects.filter(begun, topic__startswith="publishing.")
    return rows.filter(topic__in=wanted) if wanted else rows


def _is_root_taken(root: Path) -> bool:
    """Whether something else stands where a site's folder should be."""
    return not lies_in_objects() and _is_taken(root)


def _is_taken(root: Path) -> bool:
    return root.is_symlink() or (root.exists() and not root.is_dir())


class _Repair:
    """One batch of remedies on a locked site."""

    def __init__(self, site: Site):
        self._site = site
        self._root = site_root(site.key)
        self._custody = custody_of(site.key)
        self._asked: list[str] = []  # paths that have to come back
        self._hoped: set[str] = set()  # paths of planted things: a page may belong there

    def carry_out(self, findings: Sequence[Finding]) -> list[Remedy]:
        """Take away what doesn't belong, restore the rest, ask the publisher for what isn't known here."""
        without_row = [each for each in findings if each.kind in _WITHOUT_ROW and each.path != ROOT]
        done = self._mend_root()
        loose = [each for each in findings if each.kind == TamperKind.PERMISSIONS and each.expected is None]
        done += [self._close_folder(each) for each in loose]
        done += [remedy for each in without_row if (remedy := self._take_away(each)) is not None]
        others = [each for each in findings if each.expected is not None]
        if others:
            with open_store(self._site.key) as store:
                done += [self._restore(store, each) for each in others]
                store.flush()
        self._custody.make_room()
        gone = self._ask()
        return [
            replace(each, state=TamperState.GIVEN_UP, how="no longer part of the site")
            if each.state == TamperState.OPEN and each.finding.path in gone
            else each
            for each in done
        ]

    def _mend_root(self) -> list[Remedy]:
        """Take away what stands where the site's folder should be."""
        if not _is_root_taken(self._root):
            return []
        evidence = self._custody.take_root()
        return [Remedy(Finding(ROOT, TamperKind.PLANTED), TamperState.TAKEN_AWAY, "taken away", evidence)]

    def _close_folder(self, finding: Finding) -> Remedy:
        """Give a folder of ours back its permissions; no link is followed."""
        names = [] if finding.path == ROOT else finding.path.split("/")
        try:
            descriptor = os.open(self._root, _PLACE_FLAGS)
            try:
                for name in names:
                    above, descriptor = descriptor, os.open(name, _PLACE_FLAGS, dir_fd=descriptor)
                    os.close(above)
                mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
                Path(f"/proc/self/fd/{descriptor}").chmod((mode | FOLDER_MODE) & ~stat.S_IWOTH)
            finally:
                os.close(descriptor)
        except OSError as error:
            logger.exception("integrity.folder_left_open", extra={"site": self._site.key})
            return Remedy(finding, TamperState.OPEN, f"couldn't be closed: {error.strerror}")
        return Remedy(finding, TamperState.RESTORED, "permissions set back")

    def _take_away(self, finding: Finding) -> Remedy | None:
        if self._is_leftover(finding):
            return None
        try:
            evidence = self._custody.take(finding.path)
        except OSError as error:
            logger.exception("integrity.not_taken_away", extra={"site": self._site.key})
            return Remedy(finding, TamperState.OPEN, f"couldn't be taken away: {error.strerror}")
        if is_text(finding.path):
            self._hoped.add(finding.path)
        how = "taken to the quarantine folder" if evidence else "removed, too big to keep"
        return Remedy(finding, TamperState.TAKEN_AWAY, how, evidence)

    def _is_leftover(self, finding: Finding) -> bool:
        """Remove what a killed writer left; tell whether it was that."""
        folder, _, name = finding.path.rpartition("/")
        match = _LEFTOVER.fullmatch(name)
        target = f"{folder}/{match[1]}" if match and folder else match[1] if match else ""
        if finding.kind != TamperKind.PLANTED or not target or lies_in_objects():
            return False
        try:
            check_path(target.removesuffix(".gz"))
        except UnsafePathError:
            if target != PROBE:
                return False
        with FolderReader(self._root) as reader:
            parent = reader.open_folder(folder)
            if parent is not None:
                os.unlink(name, dir_fd=parent)
        logger.warning("integrity.leftover_removed", extra={"site": self._site.key})
        return True

    def _restore(self, store: OutputStore, finding: Finding) -> Remedy:
        row = finding.expected
        assert row is not None  # noqa: S101  # for the type checker: only planted things have none
        if finding.kind == TamperKind.PERMISSIONS and self._mend_mode(row):
            return Remedy(finding, TamperState.RESTORED, "permissions set back")
        try:
            known, evidence = self._known_bytes(finding, row), self._take_evidence(finding)
        except OSError as error:
            logger.exception("integrity.not_taken_away", extra={"site": self._site.key})
            return Remedy(finding, TamperState.OPEN, f"couldn't be taken away: {error.strerror}")
        if known is None:
            self._asked.append(row.path)
            return Remedy(finding, TamperState.OPEN, "the page is written again from its edition", evidence)
        try:
            store.write(row.path, known)
        except UnsafePathError:  # something stands in the way again: the next look takes it away
            self._asked.append(row.path)
            return Remedy(finding, TamperState.OPEN, "something is put in its place again", evidence)
        return Remedy(finding, TamperState.RESTORED, "put back from bytes with the signed digest", evidence)

    def _known_bytes(self, finding: Finding, row: WrittenFile) -> bytes | None:
        """Bytes that have the digest of the manifest, from the file itself or its compressed copy."""
        if finding.kind == TamperKind.RECORD or not is_compressed(row.path):
            return None
        with reading(self._site.key) as reader:
            if finding.kind == TamperKind.COPY:
                data = reader.read(row.path, row.size_bytes)
            else:
                data = reader.read_copy(row)
        is_true = data is not None and _is_file(row, data)
        return data if is_true else None

    def _take_evidence(self, finding: Finding) -> str:
        if finding.kind == TamperKind.RECORD and not finding.path.startswith("media/"):
            return (
                ""  # written over as soon as the publisher comes to it; media are copied only where none is
            )
        if finding.kind == TamperKind.COPY:
            return self._custody.take(f"{finding.path}.gz")
        with reading(self._site.key) as reader:
            is_there = reader.look(finding.path) is not None
        return self._custody.take(finding.path) if is_there else ""

    def _mend_mode(self, row: WrittenFile) -> bool:
        folder, _, name = row.path.rpartition("/")
        with FolderReader(self._root) as reader:
            parent = reader.open_folder(folder)
            if parent is None:
                return False
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
            if not stat.S_ISREG(found.st_mode):
                return False
            mode = (stat.S_IMODE(found.st_mode) | stat.S_IRUSR | stat.S_IWUSR) & ~FORBIDDEN_MODE
            try:
                os.chmod(name, mode, dir_fd=parent)
            except PermissionError:
                return False  # somebody else's file: it is replaced
            return reader.examine(row) is None

    def _ask(self) -> set[str]:
        """Ask the publisher for the files; what nothing makes any more leaves the manifest."""
        if not self._asked and not self._hoped:
            return set()
        pages = load_site_pages(self._site.pk)
        gone: set[str] = set()
        with transaction.atomic():
            hoped = topics.Requests()
            ask_for_paths(hoped, pages, self._hoped)
            hoped.send()
            for path in self._asked:
                requests = topics.Requests()
                ask_for_paths(requests, pages, {path})
                requests.send()
                if not requests.wanted():
                    gone.add(path)
            forget_files(self._site.pk, sorted(gone))
        return gone


def _is_file(row: WrittenFile, data: bytes) -> bool:
    return len(data) == row.size_bytes and crypto.sm3_hex(data) == row.sm3
