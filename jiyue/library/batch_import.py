"""Importing many files: read by several processes, stored chunk by chunk, resumable.

A chunk is one transaction; interrupting loses at most the chunk being stored, and
starting again passes over every file whose bytes the unit already has.
"""

import logging
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Set
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from jiyue.core import virus_scan
from jiyue.core.audit import AuditActor
from jiyue.core.crypto import sm3_hex
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.importing import FoundFile, ParsedDocument, SkippedFile, iter_documents, parse_document
from jiyue.library.models import ImportedFile, Resource
from jiyue.library.services import ImportPlan, IncomingFile, import_documents
from jiyue.organizations.models import Organization, StaffAccount

logger = logging.getLogger(__name__)

CHUNK_FILES = 100  # stored in one transaction, well below a second
ERRAND_FILES = 20  # handed to a reading process at once: one by one costs as much as reading
CHUNKS_AHEAD = 2  # being read while one is stored; bounds the memory


class Outcome(StrEnum):
    """What became of one file."""

    IMPORTED = "imported"
    KNOWN = "known"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class ImportResult:
    """One line of the import's report."""

    name: str
    outcome: Outcome
    message: str = ""
    document: ParsedDocument | None = None
    resource: Resource | None = None


@dataclass(frozen=True)
class _Refused:
    name: str
    message: str


@dataclass(frozen=True)
class _Chunk:
    results: list[ImportResult]  # settled without reading: skipped or known
    reading: list[Future[list[IncomingFile | _Refused]]]


def count_documents(paths: Sequence[Path]) -> int:
    """Count the files that can be read, for a progress bar."""
    return sum(isinstance(file, FoundFile) for file in iter_documents(paths))


def import_paths(*, paths: Sequence[Path], plan: ImportPlan, actor: StaffAccount) -> Iterator[ImportResult]:
    """Import every document in files, folders and archives; yield what became of each.

    Args:
        paths: Files, folders, tar or zip archives.
        plan: Owner, channels, and what to fill in where a file says nothing.
        actor: The importing clerk.

    Raises:
        NotYourUnit, ChannelNotOpen: Nothing is imported.

    Source: HT 一¶4; NB 18 (LIB-13).
    """
    import_documents(files=[], plan=plan, actor=actor)  # refuse before reading
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        ahead: deque[_Chunk] = deque()
        try:
            for files in _chunks(_with_storable_names(iter_documents(paths))):
                ahead.append(_start(files, plan.unit, pool, actor.audit_actor()))
                if len(ahead) > CHUNKS_AHEAD:
                    yield from _store(ahead.popleft(), plan, actor)
            while ahead:
                yield from _store(ahead.popleft(), plan, actor)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _with_storable_names(files: Iterable[FoundFile | SkippedFile]) -> Iterator[FoundFile | SkippedFile]:
    """File systems allow names in bytes that no database stores and no terminal prints."""
    for file in files:
        yield replace(file, name=storable(file.name))


def _chunks(files: Iterable[FoundFile | SkippedFile]) -> Iterator[list[FoundFile | SkippedFile]]:
    iterator = iter(files)
    while chunk := list(islice(iterator, CHUNK_FILES)):
        yield chunk


def _start(
    files: Sequence[FoundFile | SkippedFile],
    unit: Organization,
    pool: ProcessPoolExecutor,
    actor: AuditActor,
) -> _Chunk:
    found = {file: sm3_hex(file.data) for file in files if isinstance(file, FoundFile)}
    known = set(ImportedFile.objects.filter(unit=unit, sm3__in=found.values()).values_list("sm3", flat=True))
    results = [
        ImportResult(file.name, Outcome.SKIPPED, str(file.reason))
        for file in files
        if isinstance(file, SkippedFile)
    ]
    results += [ImportResult(file.name, Outcome.KNOWN) for file, sm3 in found.items() if sm3 in known]
    found = _screened(found, known, unit, actor, results)
    unread = iter([(file.name, file.data, sm3) for file, sm3 in found.items() if sm3 not in known])
    reading = []
    while errand := list(islice(unread, ERRAND_FILES)):
        reading.append(pool.submit(_read_all, errand))
    return _Chunk(results, reading)


def _screened(
    found: dict[FoundFile, str],
    known: Set[str],
    unit: Organization,
    actor: AuditActor,
    results: list[ImportResult],
) -> dict[FoundFile, str]:
    """The files without those in which the virus scanner found something; they are reported."""
    if not virus_scan.is_configured():
        return found
    clean = {}
    for file, sm3 in found.items():
        try:
            if sm3 not in known:
                virus_scan.screen(file.data, name=file.name, actor=actor, unit_id=unit.pk)
        except virus_scan.InfectedFile as refusal:
            results.append(ImportResult(file.name, Outcome.FAILED, f"{refusal.message} {refusal.fix}"))
        else:
            clean[file] = sm3
    return clean


def _read_all(errand: Sequence[tuple[str, bytes, str]]) -> list[IncomingFile | _Refused]:
    """Parse some files in a worker process."""
    return [_read(*file) for file in errand]


def _read(name: str, data: bytes, sm3: str) -> IncomingFile | _Refused:
    try:
        return IncomingFile(name, sm3, parse_document(name, data))
    except DomainError as refusal:
        return _Refused(name, f"{refusal.message} {refusal.fix}")
    except Exception as error:  # the edge of a batch: one document nobody foresaw must not stop the rest
        logger.exception("import.failed", extra={"sm3": sm3})
        return _Refused(
            name, _("The document couldn't be read: %(error)s.") % {"error": type(error).__name__}
        )


def _store(chunk: _Chunk, plan: ImportPlan, actor: StaffAccount) -> Iterator[ImportResult]:
    yield from chunk.results
    read = [item for future in chunk.reading for item in future.result()]
    files = [item for item in read if isinstance(item, IncomingFile)]
    for refused in read:
        if isinstance(refused, _Refused):
            yield ImportResult(refused.name, Outcome.FAILED, refused.message)
    resources = import_documents(files=files, plan=plan, actor=actor)
    for file, resource in zip(files, resources, strict=True):
        if resource is None:
            yield ImportResult(file.name, Outcome.KNOWN)
        else:
            yield ImportResult(file.name, Outcome.IMPORTED, document=file.document, resource=resource)
