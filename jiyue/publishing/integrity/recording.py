"""What was found, for people: rows, alarms, one entry of the audit trail per batch.

A flood of planted files makes one alarm of the site that counts, not thousands.
A tampering alarm stays open when the file is restored: somebody has to find out
how it could happen.

Source: GL 七(二)1 (SEC-14, SEC-15).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.alarms import KINDS, AlarmKind, end_alarm, raise_alarm
from jiyue.core.models import Alarm, AlarmState
from jiyue.publishing.integrity.comparing import ROOT, Finding, FolderReader
from jiyue.publishing.integrity.models import TamperEvent, TamperKind, TamperState
from jiyue.publishing.integrity.objects import ObjectReader, reading
from jiyue.publishing.integrity.restoring import Remedy, load_rows
from jiyue.publishing.store import WrittenFile
from jiyue.sites.models import Site

TAMPERED = "integrity.tampered"
UNTRUSTED = "integrity.manifest"
BLIND = "integrity.watch_blind"
STOPPED = "integrity.watch_stopped"

FLOOD_ALARMS = 20  # open alarms of one site; what comes after is counted by one alarm of the site
EVENT_ROWS = 100  # rows for one batch; the last one counts the others
AUDIT_PATHS = 20  # paths named in one entry of the trail
REPEAT_HOURS = 24  # found again within them, a file counts up in its row
PATH_MAX_CHARS = 400  # column width

KINDS.register(
    TAMPERED,
    AlarmKind(
        label=_("Published files were tampered with"),
        advice=_(
            "The files are restored by themselves. Look at the evidence under “Integrity”, find out who can "
            "write to the public folder and how, and close that way."
        ),
    ),
)
KINDS.register(
    UNTRUSTED,
    AlarmKind(
        label=_("The signed manifest doesn't hold"),
        advice=_(
            "Somebody changed the record of published files in the database, or the signing key was "
            "exchanged. Look at “jiyue manifest verify”, then write the sites again: “jiyue publish --all”."
        ),
    ),
)
KINDS.register(
    BLIND,
    AlarmKind(
        label=_("The tamper watch isn't told about changes"),
        advice=_(
            "It finds tampering only by comparing everything from time to time. Raise "
            "fs.inotify.max_user_watches above the number of public folders and start the watch again."
        ),
        is_grave=False,
    ),
)
KINDS.register(
    STOPPED,
    AlarmKind(
        label=_("The tamper watch doesn't run"),
        advice=_("Start “jiyue watch” again; until then nobody notices tampered files."),
    ),
)


@transaction.atomic
def record_remedies(site: Site, remedies: Sequence[Remedy]) -> None:
    """Store one batch of tampering with what was done, raise alarms, write the trail."""
    if not remedies:
        return
    rows = remedies[:EVENT_ROWS]
    for number, remedy in enumerate(rows, start=1):
        others = len(remedies) - len(rows) if number == len(rows) else 0
        _save_event(site, remedy, others)
    open_alarms = Alarm.objects.filter(kind=TAMPERED, site_key=site.key, state=AlarmState.OPEN).count()
    if open_alarms + len(remedies) > FLOOD_ALARMS:
        details = {
            "files": len(remedies),
            "first": [_shown(each.finding.path) for each in rows[:AUDIT_PATHS]],
        }
        raise_alarm(TAMPERED, site.key, site_key=site.key, details=details)
    else:
        for remedy in remedies:
            subject = f"{site.key}/{_shown(remedy.finding.path)}"
            raise_alarm(TAMPERED, subject, site_key=site.key, details=_details(remedy))
    audit.record(
        actor=audit.PLATFORM,
        verb="integrity.tampered",
        subject_type="site",
        subject_id=site.pk,
        files=len(remedies),
        found=[_details(each) for each in remedies[:AUDIT_PATHS]],
    )


def _save_event(site: Site, remedy: Remedy, others: int) -> None:
    finding, now = remedy.finding, clock.now()
    ended_at = None if remedy.state == TamperState.OPEN else now
    values = {
        "kind": finding.kind,
        "state": remedy.state,
        "seen_at": now,
        "others": others,
        "expected_sm3": finding.expected.sm3 if finding.expected else "",
        "found_sm3": finding.sm3,
        "found_bytes": finding.size_bytes,
        "evidence": remedy.evidence,
        "ended_at": ended_at,
        "how": remedy.how,
    }
    path = _shown(finding.path)
    since = now - timedelta(hours=REPEAT_HOURS)
    known = TamperEvent.objects.filter(site=site, path=path, seen_at__gte=since).order_by("-pk").first()
    first = remedy.found_at or now
    if known is None:
        TamperEvent.objects.create(site=site, path=path, found_at=first, **values)
    else:
        # The time to restore counts from the first finding of what is open, else from this one.
        found_at = known.found_at if known.state == TamperState.OPEN else first
        TamperEvent.objects.filter(pk=known.pk).update(times=F("times") + 1, found_at=found_at, **values)


def _shown(path: str) -> str:
    """A path that a database column and a page can hold: bytes that aren't text are spelled out."""
    return path.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")[:PATH_MAX_CHARS]


def _details(remedy: Remedy) -> dict[str, object]:
    finding = remedy.finding
    return {
        "path": _shown(finding.path),
        "kind": finding.kind.value,
        "expected_sm3": finding.expected.sm3 if finding.expected else "",
        "expected_bytes": finding.expected.size_bytes if finding.expected else None,
        "found_sm3": finding.sm3,
        "found_bytes": finding.size_bytes,
        "state": remedy.state.value,
        "evidence": remedy.evidence,
    }


def note_restored(site: Site) -> list[str]:
    """Close the events of a site whose files are as they should be again.

    Returns:
        Paths that aren't yet.
    """
    waiting = {event.path: event for event in TamperEvent.objects.filter(site=site, state=TamperState.OPEN)}
    if not waiting:
        return []
    rows = load_rows(site.pk, waiting)
    left: list[str] = []
    with reading(site.key) as reader:
        for path, event in waiting.items():
            if _is_in_order(reader, path, event.kind, rows):
                _close(event)
            else:
                left.append(path)
    return left


def _is_in_order(
    reader: FolderReader | ObjectReader,
    path: str,
    event_kind: str,
    rows: Mapping[str, tuple[WrittenFile, bool]],
) -> bool:
    row = rows.get(path)
    if row is None:
        found = reader.look(path)
        is_loose = isinstance(reader, FolderReader) and reader.is_loose("" if path == ROOT else path)
        return found is None or (event_kind == TamperKind.PERMISSIONS and not is_loose)
    file, is_sealed = row
    return is_sealed and reader.examine(file) is None


@transaction.atomic
def _close(event: TamperEvent) -> None:
    event.state, event.ended_at = TamperState.RESTORED, clock.now()
    event.save(update_fields=["state", "ended_at"])
    audit.record(
        actor=audit.PLATFORM,
        verb="integrity.restored",
        subject_type="site",
        subject_id=event.site_id,
        path=event.path,
        kind=event.kind,
    )


@transaction.atomic
def record_platform_file(name: str, finding: Finding) -> None:
    """Store that a file of the platform beside the sites was changed and has been written again."""
    now = clock.now()
    TamperEvent.objects.create(
        path=name,
        kind=finding.kind,
        state=TamperState.RESTORED,
        found_at=now,
        seen_at=now,
        ended_at=now,
        found_sm3=finding.sm3,
        found_bytes=finding.size_bytes,
        how="written again",
    )
    details = {"path": name, "found_sm3": finding.sm3, "found_bytes": finding.size_bytes}
    raise_alarm(TAMPERED, name, details=details)
    audit.record(
        actor=audit.PLATFORM, verb="integrity.tampered", subject_type="file", subject_id=name, **details
    )


def note_manifest(site: Site, reasons: Sequence[str]) -> None:
    """Raise or end the alarm about a manifest that doesn't hold."""
    if reasons:
        raise_alarm(UNTRUSTED, site.key, site_key=site.key, details={"reasons": list(reasons[:AUDIT_PATHS])})
    else:
        end_alarm(UNTRUSTED, site.key, how="the manifest holds again")
