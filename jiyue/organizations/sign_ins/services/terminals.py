"""The register of back-office terminals and the checks made on them."""

from dataclasses import asdict, dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.files import store_file
from jiyue.core.text import storable
from jiyue.organizations.models import Organization
from jiyue.organizations.sign_ins.addresses import normal_address
from jiyue.organizations.sign_ins.enums import (
    IN_ORDER_RESULTS,
    CheckKind,
    CheckResult,
    TerminalStatus,
)
from jiyue.organizations.sign_ins.models import Terminal, TerminalCheck
from jiyue.organizations.sign_ins.origins import readable_address
from jiyue.organizations.sign_ins.refusals import acting_account, needed_text, reach_refusal
from jiyue.organizations.sign_ins.selectors import get_reach, is_custodian_choice

FILE_PURPOSE = "terminal.check"
MAX_REASON_CHARS = 300
MAX_NOTE_CHARS = 1_000


class TerminalRefused(DomainError):
    """A terminal or a check that can't be recorded like this."""

    code = "terminal_refused"


@dataclass(frozen=True)
class TerminalFacts:
    """What the register says about a terminal.

    Attributes:
        name: What people call it.
        asset_number: Number in the unit's list of assets; once per unit.
        custodian_id: Person who answers for it.
        address: Its address in the network, by which it is recognized.
    """

    name: str
    asset_number: str
    custodian_id: int
    address: str


@transaction.atomic
def register_terminal(*, unit: Organization, facts: TerminalFacts, actor: AuditActor) -> Terminal:
    """Enter a terminal; it has one cycle for its first check.

    Raises:
        NotAdministered: The unit lies outside the actor's units.
        TerminalRefused: Number or address are in use in the unit, or the custodian isn't its person.
        NetworkRefused, TextNeeded: Address or text can't be taken.

    Source: GL 七(一)3 (SEC-08).
    """
    if refusal := reach_refusal(unit.pk, actor):
        raise refusal
    terminal = _save(Terminal(unit=unit, registered_on=clock.today()), facts, actor)
    _record("terminal.registered", terminal, actor, **asdict(facts))
    return terminal


@transaction.atomic
def change_terminal(*, terminal: Terminal, facts: TerminalFacts, actor: AuditActor) -> Terminal:
    """Correct what the register says about a terminal.

    Raises:
        As `register_terminal`.
    """
    terminal = _take(terminal, actor)
    before = {name: getattr(terminal, name) for name in asdict(facts)}
    _save(terminal, facts, actor)
    _record("terminal.changed", terminal, actor, before=before, after=asdict(facts))
    return terminal


@transaction.atomic
def set_terminal_status(
    *, terminal: Terminal, status: TerminalStatus, reason: str, actor: AuditActor
) -> Terminal:
    """Block a terminal, put it back into use, or take it out of the register.

    Raises:
        NotAdministered: It belongs to a unit outside the actor's.
        TerminalRefused: The actor sits at it, or its address was given to another one.
        TextNeeded: The reason is missing or too long.

    Source: GL 七(一)3 (SEC-08; blocking is derived).
    """
    terminal = _take(terminal, actor)
    reason = needed_text(reason, field="reason", limit=MAX_REASON_CHARS)
    if status == TerminalStatus.BLOCKED:
        _refuse_own(terminal, actor)
    before = terminal.status
    terminal.status, terminal.status_reason = status, reason
    _store(terminal)
    _record("terminal.status_set", terminal, actor, before=before, after=status.value, reason=reason)
    return terminal


@dataclass(frozen=True)
class CheckFacts:
    """What somebody found when checking a terminal.

    Attributes:
        kind: What was checked.
        checked_on: Day of the check; not in the future.
        checked_by: Who checked it.
        tool: Program with its version.
        result: What was found.
        note: More about it.
    """

    kind: CheckKind
    checked_on: date
    checked_by: str
    tool: str
    result: CheckResult
    note: str = ""


@transaction.atomic
def record_check(
    *,
    terminal: Terminal,
    facts: CheckFacts,
    actor: AuditActor,
    file_data: bytes | None = None,
    file_name: str = "",
) -> TerminalCheck:
    """Record a check; a failed one blocks the terminal until a passed one follows.

    Raises:
        NotAdministered: The terminal belongs to a unit outside the actor's.
        TerminalRefused: The day lies in the future, or the actor would lock themselves out.
        TextNeeded, FileRefused: Text or file can't be taken.

    Source: GL 七(一)3; NB 5, 26-27 (SEC-08).
    """
    terminal = _take(terminal, actor)
    if facts.checked_on > clock.today():
        raise TerminalRefused(
            _("The day of the check lies in the future."),
            fix=_("Enter the day on which it was made."),
            field="checked_on",
        )
    if facts.result not in IN_ORDER_RESULTS:
        _refuse_own(terminal, actor)
    file = None
    if file_data is not None:
        file = store_file(
            data=file_data,
            original_name=file_name,
            purpose=FILE_PURPOSE,
            unit_id=terminal.unit_id,
            actor=actor,
        )
    check = TerminalCheck.objects.create(
        terminal=terminal,
        kind=facts.kind,
        checked_on=facts.checked_on,
        checked_by=needed_text(facts.checked_by, field="checked_by", limit=60),
        tool=needed_text(facts.tool, field="tool", limit=120),
        result=facts.result,
        note=storable(facts.note).strip()[:MAX_NOTE_CHARS],
        file=file,
        recorded_by=acting_account(actor),
        recorded_at=clock.now(),
    )
    _record(
        "terminal.checked",
        terminal,
        actor,
        kind=check.kind,
        checked_on=check.checked_on.isoformat(),
        result=check.result,
        tool=check.tool,
    )
    return check


def _take(terminal: Terminal, actor: AuditActor) -> Terminal:
    terminal = Terminal.objects.select_for_update().get(pk=terminal.pk)
    if refusal := reach_refusal(terminal.unit_id, actor):
        raise refusal
    return terminal


def _save(terminal: Terminal, facts: TerminalFacts, actor: AuditActor) -> Terminal:
    if not is_custodian_choice(facts.custodian_id, get_reach(actor)):
        raise TerminalRefused(
            _("The custodian doesn't belong to your units."),
            fix=_("Choose a person of your units."),
            field="custodian",
        )
    terminal.name = needed_text(facts.name, field="name", limit=60)
    terminal.asset_number = needed_text(facts.asset_number, field="asset_number", limit=40)
    terminal.address = normal_address(facts.address)
    terminal.custodian_id = facts.custodian_id
    return _store(terminal)


def _store(terminal: Terminal) -> Terminal:
    try:
        with transaction.atomic():
            terminal.save()
    except IntegrityError:
        others = Terminal.objects.filter(unit=terminal.unit_id).exclude(pk=terminal.pk)
        if others.filter(asset_number=terminal.asset_number).exists():
            raise TerminalRefused(
                _("The asset number %(number)s is in the register already.")
                % {"number": terminal.asset_number},
                fix=_("Look for it in the list, or correct the number."),
                field="asset_number",
            ) from None
        raise TerminalRefused(
            _("The address %(address)s belongs to another terminal of this unit.")
            % {"address": terminal.address},
            fix=_("Correct the address, or take the other terminal out of the register first."),
            field="address",
        ) from None
    return terminal


def _refuse_own(terminal: Terminal, actor: AuditActor) -> None:
    if readable_address(actor.source_address) == terminal.address:
        raise TerminalRefused(
            _("You sit at this terminal yourself: you would be locked out at once."),
            fix=_("Do it from another terminal, or ask another administrator."),
        )


def _record(verb: str, terminal: Terminal, actor: AuditActor, **facts: object) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="terminal",
        subject_id=terminal.pk,
        unit=terminal.unit_id,
        **facts,
    )
