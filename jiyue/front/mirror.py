"""A copy of the published files that proves every one before it shows it.

The inner host pushes to an incoming folder; from there this takes over what
the signed manifest names (see `publishing.integrity`). Whoever holds the way
in between can hold pages up, but can't slip one in, change one or bring an old
state back. The database isn't needed, only the public half of the key.

Part by part: what a part no longer names is removed at once, even if something
else of it hasn't arrived. A part whose files have all arrived is settled.

Source: GL 七(一)3 (one-way push, SEC-05); GL 七(三)3 (acceleration copies, SEC-22).
"""

import json
import os
import stat
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jiyue.core import crypto, signing
from jiyue.front.headers import is_text
from jiyue.front.moved import usable_moves
from jiyue.front.nginx.moved import PATHS_SUFFIX, QUERIES_SUFFIX, path_entries, query_entries
from jiyue.front.static import OpenFile, open_published
from jiyue.publishing.addresses import check_path
from jiyue.publishing.integrity.sealing import FOLDER
from jiyue.publishing.manifest import KEY_NAME
from jiyue.publishing.store import compress
from jiyue.publishing.webarchive.moving import FOLDER as REDIRECTS
from jiyue.publishing.webarchive.moving import SIGNED_SUFFIX

MAX_TEXT_BYTES = 64 * 1024 * 1024  # a statement or a part: a few hundred lines, thousands at most
_UNSETTLED = b"\n"  # begins the record of a part that isn't whole; no signed text begins so


@dataclass
class TakenOver:
    """What one round did with a site; counts of files.

    Attributes:
        site_key: The site.
        written: Files that are new or changed.
        removed: Files that are public no longer.
        waiting: Files that are named but haven't arrived as they were signed.
        refusal: Why nothing of the site was taken over; "" if it was.
    """

    site_key: str
    written: int = 0
    removed: int = 0
    waiting: list[str] = field(default_factory=list)
    refusal: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the copy shows what was signed."""
        return not self.waiting and not self.refusal


@dataclass(frozen=True)
class _Named:
    """A file as a manifest names it."""

    size_bytes: int
    sm3: str


def take_over(incoming: Path, serving: Path) -> Iterator[TakenOver]:
    """Bring every site of an incoming folder into the serving folder; yields site by site.

    Args:
        incoming: What was pushed: an output folder with `.manifests` in it. Nothing in it is trusted.
        serving: What visitors see; nobody else writes there.
    """
    for statement in sorted((incoming / FOLDER).glob("*.json")):
        if not statement.name.startswith("."):
            yield _take_site(statement.stem, incoming, serving)


def _take_site(site_key: str, incoming: Path, serving: Path) -> TakenOver:
    done = TakenOver(site_key)
    signed_text = _read(incoming / FOLDER, f"{site_key}.json")
    signed, done.refusal = _check(site_key, signed_text, serving)
    if done.refusal:
        return done
    # First of all: from here on nothing older is taken, even if what this names never arrives.
    _put(serving / FOLDER / f"{site_key}.json", signed_text)
    parts: dict[str, str] = signed["parts"]
    for number, digest in parts.items():
        text = _read(incoming / FOLDER / site_key, f"{number}.txt")
        if not signing.is_digest_of(text, digest):
            done.waiting.append(f"{FOLDER}/{site_key}/{number}.txt")
            continue
        _take_part(number, text, incoming=incoming, serving=serving, done=done)
    _take_moves(incoming, serving, done)
    return done


def _take_moves(incoming: Path, serving: Path, done: TakenOver) -> None:
    """Take over the table of moved addresses, if it is signed and not older than the one known."""
    name = f"{done.site_key}{SIGNED_SUFFIX}"
    text, shown = _read(incoming / REDIRECTS, name), serving / REDIRECTS
    known = _read(shown, name)
    if not text or text == known:
        return
    sequence, moves = _signed_moves(done.site_key, text)
    if moves is None or (known and sequence <= _signed_moves(done.site_key, known)[0]):
        done.waiting.append(f"{REDIRECTS}/{name}")
        return
    _put(shown / f"{done.site_key}.json", json.dumps(moves, ensure_ascii=False, indent=1).encode())
    _put(shown / f"{done.site_key}{PATHS_SUFFIX}", path_entries(moves))
    _put(shown / f"{done.site_key}{QUERIES_SUFFIX}", query_entries(moves))
    _put(shown / name, text)  # at last: killed before, the next round does it again
    done.written += 1


def _signed_moves(site_key: str, text: bytes) -> tuple[int, dict[str, str] | None]:
    """Return number and addresses of a signed table; no addresses where it isn't ours."""
    try:
        export = json.loads(text)
        statement = export["statement"]
        if not signing.is_signature(KEY_NAME, statement.encode(), export["signature"]):
            return 0, None
        signed = json.loads(statement)
        return signed["sequence"], usable_moves(signed["moved"]) if signed["site"] == site_key else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0, None


def _check(site_key: str, text: bytes, serving: Path) -> tuple[dict[str, dict[str, str]], str]:
    """Return what was signed, and why it is refused."""
    try:
        export = json.loads(text)
        statement, signature = export["statement"], export["signature"]
        is_ours = signing.is_signature(KEY_NAME, statement.encode(), signature)
        signed = json.loads(statement) if is_ours else {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, "the signed statement can't be read"
    if not is_ours:
        return {}, "the signature doesn't belong to the statement"
    if signed["site"] != site_key:
        return {}, f"the statement is about the site {signed['site']}"
    known = serving / FOLDER / f"{site_key}.json"
    if (
        known.exists()
        and json.loads(json.loads(known.read_bytes())["statement"])["sequence"] > signed["sequence"]
    ):
        return {}, "the statement is older than one seen before"
    return signed, ""


def _take_part(number: str, text: bytes, *, incoming: Path, serving: Path, done: TakenOver) -> None:
    record = serving / FOLDER / done.site_key / f"{number}.txt"
    before_text = record.read_bytes() if record.exists() else b""
    if before_text == text:
        return
    before, after = _parse(before_text), _parse(text)
    is_settled = not before_text.startswith(_UNSETTLED)
    # Every name that may come to exist is on record first: killed anywhere, nothing is left behind.
    _put(record, _UNSETTLED + before_text.removeprefix(_UNSETTLED) + text)
    for path in before.keys() - after.keys():
        _remove(serving / done.site_key, path)
        done.removed += 1
    waiting = len(done.waiting)
    for path, named in after.items():
        if is_settled and before.get(path) == named:
            continue
        if _take_file(path, named, incoming / done.site_key, serving / done.site_key):
            done.written += 1
        else:
            done.waiting.append(f"{done.site_key}/{path}")
    if len(done.waiting) == waiting:
        _put(record, text)


def _parse(text: bytes) -> dict[str, _Named]:
    """Return what a part names, without addresses that must not become files."""
    named = {}
    for line in text.removeprefix(_UNSETTLED).decode().splitlines():
        sm3, size, _edition, path = line.split(" ", 3)
        named[check_path(path)] = _Named(int(size), sm3)
    return named


def _take_file(path: str, named: _Named, source: Path, target: Path) -> bool:
    """Copy a file if it is what was signed; tell whether it is."""
    found = open_published(source, f"/{path}", accepts_gzip=False)
    if not isinstance(found, OpenFile):
        return False
    if found.size_bytes != named.size_bytes:
        found.close()
        return False
    final = target / path
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{uuid.uuid4().hex}.new")
    try:
        digest = crypto.RunningSm3()
        with temporary.open("xb") as file:
            for piece in found.read():
                digest.update(piece)
                file.write(piece)
        if digest.hex() != named.sm3:
            return False
        if is_text(path):
            _put(final.with_name(f"{final.name}.gz"), compress(temporary.read_bytes()), found.modified_ns)
        _show(temporary, final, found.modified_ns)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _remove(site: Path, path: str) -> None:
    for name in (path, f"{path}.gz"):
        (site / name).unlink(missing_ok=True)


def _read(folder: Path, name: str) -> bytes:
    """Return a small file's content; nothing where it is missing or no plain file."""
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        return file.read(MAX_TEXT_BYTES)


def _put(path: Path, data: bytes, modified_ns: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.new")
    try:
        temporary.write_bytes(data)
        _show(temporary, path, modified_ns)
    finally:
        temporary.unlink(missing_ok=True)


def _show(temporary: Path, final: Path, modified_ns: int | None) -> None:
    """Put a file in its place, with the date it has at the origin: both hosts agree on tags."""
    temporary.chmod(0o644)
    if modified_ns is not None:
        os.utime(temporary, ns=(modified_ns, modified_ns))
    temporary.replace(final)
