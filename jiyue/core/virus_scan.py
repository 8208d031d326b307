"""Every upload passes here: clamd looks at the bytes before they are kept (SEC-06).

The scanner is a service of its own, spoken to by clamd's INSTREAM over a local
socket or TCP (`JIYUE_CLAMD`). Where it doesn't answer, the file is kept and
marked as not scanned; a job scans it as soon as the scanner is back.

Source: GL 七(一)3 (SEC-06, upload scanning).
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import BinaryIO
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.models import ScanState, ScheduledJob
from jiyue.core.recognising import FileRefused
from jiyue.core.registries import Announcement, Registry
from jiyue.core.schedule import JOBS, Job

CONNECT_SECONDS = 5
SCAN_SECONDS = 120  # clamd's own limit for one file is 120 s
PIECE_BYTES = 256 * 1024
MAX_REPLY_BYTES = 4_096
MAX_NOTE_CHARS = 200  # as the column
RESCAN_JOB = "core.virus_rescan"
RESCAN_EVERY = timedelta(minutes=10)
_FOUND = " FOUND"


class InfectedFile(FileRefused):
    """The scanner knows something harmful in the file; nothing of it is kept."""

    code = "file_infected"


@dataclass(frozen=True)
class Verdict:
    """What the scanner said.

    Attributes:
        state: Clean, infected, or not scanned.
        note: Name of what was found, or why it wasn't scanned.
    """

    state: ScanState
    note: str = ""


@dataclass(frozen=True)
class Infection:
    """Something harmful came in, or was found in what lay here.

    Attributes:
        name: Name the file came with.
        signature: What the scanner calls it.
        actor: Who brought it; the platform where an old file was scanned again.
        unit_id: Unit it belongs to, if any.
        subject_type, subject_id: The stored file; blank where nothing was kept.
    """

    name: str
    signature: str
    actor: AuditActor
    unit_id: int | None
    subject_type: str = "upload"
    subject_id: str = ""


@dataclass(frozen=True)
class ScannedStore:
    """A store whose files carry a scan state.

    Attributes:
        label: What people call its files.
        count: Files by state.
        rescan: Scans what wasn't scanned, one file a step.
    """

    label: Promise
    count: Callable[[], dict[str, int]]
    rescan: Callable[[], Iterator[object]]


INFECTION_FOUND: Announcement[Infection] = Announcement("infection found")
STORES: Registry[ScannedStore] = Registry("stores of scanned files")
_kept_back: ContextVar[list[Infection] | None] = ContextVar("infections to be recorded", default=None)


def is_configured() -> bool:
    """Whether the installation has a scanner at all."""
    return bool(settings.JIYUE_CLAMD)


def ask_version() -> str:
    """Version and age of the signatures, as the scanner says; blank where it doesn't answer."""
    if not is_configured():
        return ""
    try:
        with _connect() as scanner:
            scanner.sendall(b"zVERSION\0")
            return _read_reply(scanner)
    except OSError:
        return ""


def _note(what: str, detail: str) -> str:
    return f"{what}: {detail}"[:MAX_NOTE_CHARS]


def scan(source: bytes | BinaryIO) -> Verdict:
    """Let the scanner look at bytes or at an open file, from its present position to its end."""
    if not is_configured():
        return Verdict(ScanState.NOT_SCANNED, gettext("no scanner is set up"))
    file = BytesIO(source) if isinstance(source, bytes) else source
    try:
        with _connect() as scanner:
            reply = _stream(scanner, file)
    except OSError as error:
        return Verdict(ScanState.NOT_SCANNED, _note(gettext("the scanner doesn't answer"), str(error)))
    if reply == "stream: OK":
        return Verdict(ScanState.CLEAN)
    if reply.endswith(_FOUND):
        signature = reply.removeprefix("stream: ").removesuffix(_FOUND)
        return Verdict(ScanState.INFECTED, signature[:MAX_NOTE_CHARS])
    return Verdict(ScanState.NOT_SCANNED, _note(gettext("the scanner said"), reply))


def screen(
    source: bytes | BinaryIO, *, name: str, actor: AuditActor, unit_id: int | None, field: str = "file"
) -> Verdict:
    """Scan an upload before anything of it is kept.

    Args:
        source: The bytes, or an open file.
        name: Name it came with.
        actor: Who brings it.
        unit_id: Unit it would belong to.
        field: Form field that a refusal belongs to.

    Raises:
        InfectedFile: Harmful; recorded, and the owners of security are told.

    Source: GL 七(一)3 (SEC-06).
    """
    verdict = scan(source)
    if verdict.state == ScanState.INFECTED:
        report(Infection(name[-MAX_NOTE_CHARS:], verdict.note, actor, unit_id))
        raise InfectedFile(
            _("The virus scanner found “%(signature)s” in the file “%(name)s”.")
            % {"signature": verdict.note, "name": name},
            fix=_("Don't open the file any more. Tell whoever looks after your computer."),
            field=field,
        )
    return verdict


def report(infection: Infection) -> None:
    """Record an infection and tell whoever listens.

    The refusal undoes the transaction of the upload; inside a request the record
    is therefore written when the request is over.
    """
    waiting = _kept_back.get()
    if waiting is not None and connection.in_atomic_block:
        waiting.append(infection)
    else:
        _record(infection)


@contextmanager
def recording_afterwards() -> Iterator[None]:
    """Keep records of infections out of transactions that the refusal undoes."""
    waiting: list[Infection] = []
    token = _kept_back.set(waiting)
    try:
        yield
    finally:
        _kept_back.reset(token)
        for infection in waiting:
            _record(infection)


@transaction.atomic
def _record(infection: Infection) -> None:
    audit.record(
        actor=infection.actor,
        verb="upload.infected",
        subject_type=infection.subject_type,
        subject_id=infection.subject_id,
        name=infection.name,
        signature=infection.signature,
    )
    INFECTION_FOUND.announce(infection)


@transaction.atomic
def ask_rescan(*, actor: AuditActor) -> None:
    """Bring the next round of the rescan forward; the worker takes it up at its next step."""
    ScheduledJob.objects.update_or_create(name=RESCAN_JOB, defaults={"next_at": clock.now()})
    audit.record(
        actor=actor, verb="upload.rescan_asked", subject_type="upload", subject_id="", scanner=ask_version()
    )


def rescan_stores() -> Iterator[object]:
    """Scan what came in while the scanner was away; nothing happens while it still is."""
    if not ask_version():
        return
    for _name, store in STORES:
        yield from store.rescan()


def register() -> None:
    """Enter the rescan into the schedule."""
    JOBS.register(RESCAN_JOB, Job(steps=rescan_stores, every=RESCAN_EVERY))


def _connect() -> socket.socket:
    address = urlsplit(settings.JIYUE_CLAMD)
    if address.scheme == "unix":
        scanner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        scanner.settimeout(CONNECT_SECONDS)
        try:
            scanner.connect(address.path)
        except OSError:
            scanner.close()
            raise
    else:
        target = (address.hostname or "", address.port or 0)
        scanner = socket.create_connection(target, timeout=CONNECT_SECONDS)
    scanner.settimeout(SCAN_SECONDS)
    return scanner


def _stream(scanner: socket.socket, file: BinaryIO) -> str:
    try:
        scanner.sendall(b"zINSTREAM\0")
        while piece := file.read(PIECE_BYTES):
            scanner.sendall(len(piece).to_bytes(4, "big") + piece)
        scanner.sendall(bytes(4))
    except (BrokenPipeError, ConnectionResetError):
        pass  # the scanner stops listening at its size limit; its answer says so
    return _read_reply(scanner)


def _read_reply(scanner: socket.socket) -> str:
    reply = b""
    while not reply.endswith(b"\0") and len(reply) < MAX_REPLY_BYTES:
        piece = scanner.recv(MAX_REPLY_BYTES)
        if not piece:
            break
        reply += piece
    return reply.rstrip(b"\0\n").decode("utf-8", "replace")
