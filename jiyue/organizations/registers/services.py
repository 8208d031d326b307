"""Every change to an entry of a register: entering, changing, striking out, adding a file."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.clocks import CLOCK_STARTED, CLOCK_STOPPED, ClockStarted, ClockStopped
from jiyue.core.errors import DomainError
from jiyue.core.files import store_file
from jiyue.core.text import storable
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.access import NotYourRegister, get_holdings, writing_refusal
from jiyue.organizations.registers.base import Due, NamedPerson, Register, RegisterEntry, RegisterFile
from jiyue.organizations.registers.people import find_person

FILE_PURPOSE = "register"
SUBJECT = "register_entry"
CLOCK_KIND = "register.review"
MAX_REASON_CHARS = 300


class EntryRefused(DomainError):
    """An entry that the rules of its register don't allow.

    Attributes:
        problems: Everything that is wrong with it; the first one is the message.
    """

    code = "entry_refused"

    def __init__(self, problems: list[DomainError]):
        super().__init__(problems[0].message, fix=problems[0].fix, field=problems[0].field)
        self.problems = problems


class EntryChanged(DomainError):
    """Somebody else changed the entry in the meantime."""

    code = "entry_changed"


class EntryClosed(DomainError):
    """The entry is struck out, or its register is append-only."""

    code = "entry_closed"


def changing_refusal(register: Register, entry: Any, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not change or strike out `entry`, or None. Feeds button, service and test."""
    if entry.struck_at is not None:
        return EntryClosed(_("The entry is struck out."), fix=_("Enter it anew if it is needed."))
    if register.is_append_only:
        return EntryClosed(
            _("Entries of this register are never changed."), fix=_("Enter a correction instead.")
        )
    return writing_refusal(register, get_holdings(actor), entry.unit_id)


@transaction.atomic
def enter(
    *,
    register: Register,
    unit: Organization,
    values: Mapping[str, Any],
    actor: AuditActor,
    parent: RegisterEntry | None = None,
) -> Any:
    """Enter something in a register.

    Args:
        register: Which one.
        unit: Whose; the parent's unit where there is a parent.
        values: Typed values by field name; others than the register's fields are ignored.
        actor: Who enters.
        parent: Entry of the parent register, where the register has one.

    Raises:
        NotYourRegister: The actor may not write it for the unit.
        EntryRefused: Rules of fields or register are broken, or the very same entry exists.

    Source: ORG-15 to ORG-20; NB 2-3 (ORG-04).
    """
    refusal = writing_refusal(register, get_holdings(actor), unit.pk)
    if refusal:
        raise refusal
    return store_new(register=register, unit=unit, values=values, actor=actor, parent=parent)


def store_new(
    *,
    register: Register,
    unit: Organization,
    values: Mapping[str, Any],
    actor: AuditActor,
    parent: RegisterEntry | None,
) -> Any:
    """Check and store an entry for somebody whose right was checked; for `enter` and the import."""
    now = clock.now()
    entry = register.model(unit=unit, entered_at=now, changed_at=now)
    if register.parent:
        if parent is None or parent.unit_id != unit.pk or parent.struck_at is not None:
            raise NotYourRegister(_("The entry it belongs to doesn't exist."), fix=_("Choose another one."))
        setattr(entry, register.parent, parent)
    _fill(register, entry, values)
    _check(register, entry)
    if _is_twin(register, entry):
        raise EntryRefused(
            [
                DomainError(
                    _("The very same entry exists already."),
                    fix=_("Change what makes it different, or leave it out."),
                )
            ]
        )
    _save(entry)
    _record("register.entered", register, entry, actor, after=snapshot(register, entry))
    _keep_clock(register, entry, None, actor)
    return entry


@transaction.atomic
def change(
    *, register: Register, entry_id: int, values: Mapping[str, Any], seen_version: int, actor: AuditActor
) -> Any:
    """Change an entry.

    Args:
        register: Which one.
        entry_id: Its number.
        values: Typed values by field name.
        seen_version: Version that the person had before their eyes.
        actor: Who changes.

    Raises:
        NotYourRegister, EntryClosed: It can't be changed, or not by the actor.
        EntryChanged: Somebody else changed it in the meantime.
        EntryRefused: Rules of fields or register are broken.
    """
    entry = register.model.objects.select_for_update().get(pk=entry_id)
    refusal = changing_refusal(register, entry, actor)
    if refusal:
        raise refusal
    if entry.version != seen_version:
        raise EntryChanged(
            _("Somebody else changed this entry while you were writing."),
            fix=_("Open it in a second window, compare, and enter your changes there."),
        )
    before, due_before = snapshot(register, entry), register.due(entry)
    _fill(register, entry, values)
    _check(register, entry)
    after = snapshot(register, entry)
    if after == before:
        return entry
    entry.version += 1
    entry.changed_at = clock.now()
    _save(entry)
    changed = [name for name in after if before[name] != after[name]]
    _record(
        "register.changed",
        register,
        entry,
        actor,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    _keep_clock(register, entry, due_before, actor)
    return entry


@transaction.atomic
def strike(*, register: Register, entry_id: int, reason: str, actor: AuditActor) -> Any:
    """Strike an entry out; it stays readable, with the reason.

    Raises:
        NotYourRegister, EntryClosed: It can't be struck out, or not by the actor.
        EntryRefused: No reason, or a long one.
    """
    entry = register.model.objects.select_for_update().get(pk=entry_id)
    refusal = changing_refusal(register, entry, actor)
    if refusal:
        raise refusal
    reason = storable(reason).strip()
    if not 0 < len(reason) <= MAX_REASON_CHARS:
        raise EntryRefused(
            [
                DomainError(
                    _("A reason of at most %(limit)d characters is needed.") % {"limit": MAX_REASON_CHARS},
                    fix=_("Write why the entry is struck out."),
                    field="reason",
                )
            ]
        )
    due_before = register.due(entry)
    entry.struck_at = entry.changed_at = clock.now()
    entry.struck_reason = reason
    entry.version += 1
    entry.save()
    _record("register.struck", register, entry, actor, before=snapshot(register, entry), reason=reason)
    if due_before is not None:
        _stop_clock(register, entry, actor, reason=reason)
    return entry


@transaction.atomic
def add_file(
    *,
    register: Register,
    entry_id: int,
    data: bytes,
    original_name: str,
    title: str,
    actor: AuditActor,
    note: str = "",
) -> RegisterFile:
    """Add a file to an entry; under a title used before it is the next version.

    Raises:
        NotYourRegister, EntryClosed: The entry takes no file, or not from the actor.
        FileRefused: The file isn't what the platform takes.
        EntryRefused: No title, or a long one.

    Source: HT 一¶4 (versioned files, ORG-15).
    """
    entry = register.model.objects.select_for_update().get(pk=entry_id)
    refusal = changing_refusal(register, entry, actor)
    if refusal or not register.has_files:
        raise refusal or EntryClosed(_("This register has no files."), fix=_("Add the file elsewhere."))
    title = storable(title).strip() or str(entry)[:200]
    files = RegisterFile.objects.filter(register=register.key, entry_id=entry_id, title=title)
    stored = store_file(
        data=data, original_name=original_name, purpose=FILE_PURPOSE, unit_id=entry.unit_id, actor=actor
    )
    file = RegisterFile(
        register=register.key,
        entry_id=entry_id,
        title=title,
        number=(files.aggregate(highest=models.Max("number"))["highest"] or 0) + 1,
        file=stored,
        note=storable(note).strip(),
        added_by=actor.person_name,
        added_at=clock.now(),
    )
    _raise_problems(_field_problems(file, exclude={"file", "added_by"}))
    file.save()
    facts = {"title": file.title, "number": file.number, "file": stored.pk}
    _record("register.file_added", register, entry, actor, **facts)
    return file


def snapshot(register: Register, entry: Any) -> dict[str, Any]:
    """The entry's fields as JSON values, for the trail."""
    found: dict[str, Any] = {}
    for name in register.fields:
        value = getattr(entry, name)
        found[name] = value if value is None or isinstance(value, str | int | bool) else str(value)
    return found


def _fill(register: Register, entry: Any, values: Mapping[str, Any]) -> None:
    for name in register.fields:
        if name not in values:
            continue
        value, field = values[name], register.field(name)
        if value is None and not field.null:
            value = field.get_default() if field.has_default() else ""
        setattr(entry, name, storable(value).strip() if isinstance(value, str) else value)
    if isinstance(entry, NamedPerson):
        unit_id: int = entry.unit_id  # type: ignore[attr-defined]  # every row of a register has one
        entry.person = find_person(entry.name, entry.employee_number, unit_id)


def _check(register: Register, entry: Any) -> None:
    """Ask the fields, then references to other entries, then the register's own rules."""
    _raise_problems(_field_problems(entry, exclude={"unit", "person", register.parent}))
    _raise_problems(_reference_problems(register, entry))
    _raise_problems(register.refusals(entry))


def _raise_problems(problems: Iterable[DomainError]) -> None:
    found = list(problems)
    if found:
        raise EntryRefused(found)


def _field_problems(entry: Any, exclude: set[str]) -> list[DomainError]:
    try:
        entry.full_clean(exclude=exclude - {""})
    except ValidationError as error:
        return [
            DomainError(text, field=None if name == NON_FIELD_ERRORS else name)
            for name, texts in error.message_dict.items()
            for text in texts
        ]
    return []


def _reference_problems(register: Register, entry: Any) -> Iterable[DomainError]:
    for name in register.fields:
        target = getattr(entry, name)
        if not isinstance(target, RegisterEntry):
            continue
        is_kin = name not in register.own_references or (
            getattr(target, f"{register.parent}_id") == getattr(entry, f"{register.parent}_id")
        )
        if target.unit_id != entry.unit_id or not is_kin:
            yield DomainError(
                _("There is no such entry in this unit."), fix=_("Choose one of the list."), field=name
            )


def _is_twin(register: Register, entry: Any) -> bool:
    """Whether the same row exists: a double click, or a file imported twice."""
    same = {name: getattr(entry, name) for name in register.fields}
    if register.parent:
        same[register.parent] = getattr(entry, register.parent)
    return bool(register.model.objects.filter(unit=entry.unit_id, struck_at=None, **same).exists())


def _save(entry: Any) -> None:
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError as error:
        raise EntryRefused(
            [DomainError(_("Somebody just entered the same."), fix=_("Reload the list and look."))]
        ) from error


def _record(verb: str, register: Register, entry: Any, actor: AuditActor, **facts: Any) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type=SUBJECT,
        subject_id=register.subject_id(entry.pk),
        name=str(entry),
        **facts,
    )


def _keep_clock(register: Register, entry: Any, before: Due | None, actor: AuditActor) -> None:
    """Start, move or stop the clock of what the entry makes the unit owe."""
    due = register.due(entry)
    if before is not None and (due is None or due.on != before.on):
        _stop_clock(register, entry, actor)
    if due is None or due == before:
        return
    CLOCK_STARTED.announce(
        ClockStarted(
            kind=CLOCK_KIND,
            subject_type=SUBJECT,
            subject_key=register.subject_id(entry.pk),
            title=due.title,
            unit_id=entry.unit_id,
            opened_at=clock.now(),
            due_at=_end_of(due.on),
            path=f"/registers/{register.key}/{entry.pk}/",
            actor=actor,
        )
    )


def _stop_clock(register: Register, entry: Any, actor: AuditActor, reason: str = "") -> None:
    CLOCK_STOPPED.announce(
        ClockStopped(
            kind=CLOCK_KIND,
            subject_type=SUBJECT,
            subject_key=register.subject_id(entry.pk),
            actor=actor,
            is_satisfied=not reason,
            reason=reason,
        )
    )


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
