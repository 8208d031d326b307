"""Opening a case, sharing it, telling each other, closing it.

Source: GL 二(一); GL 八(三)1; NT 3 (ORG-03).
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.files import store_file
from jiyue.core.models import PrivateFile
from jiyue.core.text import storable
from jiyue.organizations.coregulation.attachments import PURPOSE
from jiyue.organizations.coregulation.models import (
    CaseMessage,
    CaseShare,
    CoRegulationCase,
    CoRegulator,
    MatterKind,
    RegulatorKind,
)
from jiyue.organizations.coregulation.selectors import list_co_regulators, list_led_cases, list_visible_cases
from jiyue.organizations.enums import UnitStatus
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import is_managed

MAX_TITLE_CHARS = 200
MAX_MESSAGE_CHARS = 5_000  # a limit against abuse; longer texts belong into an attachment


class CoRegulationRefused(DomainError):
    """Something about a case or a co-regulator that the rules don't allow."""

    code = "co_regulation_refused"


@dataclass(frozen=True)
class Attachment:
    """A file that comes with a message."""

    name: str
    data: bytes


@transaction.atomic
def register_co_regulator(*, kind: RegulatorKind, unit: Organization, actor: StaffAccount) -> CoRegulator:
    """Enter an office of the own subtree as co-regulator at its unit's level.

    Raises:
        CoRegulationRefused: The unit is closed or isn't in the subtree, or is registered already.
    """
    if not is_managed(actor, unit) or unit.status != UnitStatus.ACTIVE:
        raise CoRegulationRefused(
            _("%(unit)s isn't an active unit in the part of the tree that you administer.")
            % {"unit": unit.name},
            fix=_("Choose one of your units."),
            field="unit",
        )
    try:
        with transaction.atomic():
            regulator = CoRegulator.objects.create(
                kind=kind, level=unit.level, unit=unit, registered_at=clock.now()
            )
    except IntegrityError:
        raise CoRegulationRefused(
            _("%(unit)s is registered for this already.") % {"unit": unit.name},
            fix=_("Look at the list."),
            field="unit",
        ) from None
    audit.record(
        actor=actor.audit_actor(),
        verb="co_regulator.registered",
        subject_type="unit",
        subject_id=unit.pk,
        kind=str(kind),
    )
    return regulator


@transaction.atomic
def retire_co_regulator(*, regulator: CoRegulator, actor: StaffAccount) -> CoRegulator:
    """End an office's part; it sees no case any more, what it wrote stays.

    Raises:
        CoRegulationRefused: Its unit isn't in the actor's subtree.
    """
    regulator = (
        CoRegulator.objects.select_for_update(of=("self",)).select_related("unit").get(pk=regulator.pk)
    )
    if not is_managed(actor, regulator.unit):
        raise _not_leading()
    if regulator.is_active:
        regulator.is_active = False
        regulator.save(update_fields=["is_active"])
        audit.record(
            actor=actor.audit_actor(),
            verb="co_regulator.retired",
            subject_type="unit",
            subject_id=regulator.unit_id,
            kind=regulator.kind,
        )
    return regulator


@transaction.atomic
def open_case(
    *,
    kind: MatterKind,
    title: str,
    body: str,
    unit: Organization,
    actor: StaffAccount,
    attachment: Attachment | None = None,
) -> CoRegulationCase:
    """Open a case for a unit of the own subtree, with what is known as its first message.

    Raises:
        CoRegulationRefused: No title or text, too long, or a unit outside the subtree.
        FileRefused: The attachment can't be stored.
    """
    title = storable(title).strip()
    if not title or len(title) > MAX_TITLE_CHARS:
        raise CoRegulationRefused(
            _("The title is missing or longer than %(limit)d characters.") % {"limit": MAX_TITLE_CHARS},
            fix=_("Write in one line what it is about."),
            field="title",
        )
    if not is_managed(actor, unit):
        raise CoRegulationRefused(
            _("%(unit)s isn't in the part of the tree that you administer.") % {"unit": unit.name},
            fix=_("Choose one of your units."),
            field="unit",
        )
    case = CoRegulationCase.objects.create(
        kind=kind, title=title, unit=unit, opened_by=actor, opened_at=clock.now()
    )
    _record("co_case.opened", case, actor, title=title, kind=str(kind), unit=unit.pk)
    _write(case, body, attachment, actor)
    return case


@transaction.atomic
def share_case(*, case: CoRegulationCase, regulator: CoRegulator, actor: StaffAccount) -> CaseShare:
    """Show a case to a co-regulator; doing it twice is harmless.

    Raises:
        CoRegulationRefused: The actor doesn't lead the case, it is closed, or the
            co-regulator takes no part.
    """
    case = _take(case, actor)
    if not list_co_regulators().filter(pk=regulator.pk).exists():
        raise CoRegulationRefused(
            _("This co-regulator takes no part any more."), fix=_("Choose another one."), field="regulator"
        )
    share, is_new = CaseShare.objects.get_or_create(
        case=case, co_regulator=regulator, defaults={"account": actor, "shared_at": clock.now()}
    )
    if is_new:
        _record("co_case.shared", case, actor, unit=regulator.unit_id, kind=regulator.kind)
    return share


@transaction.atomic
def write_message(
    *, case: CoRegulationCase, body: str, actor: StaffAccount, attachment: Attachment | None = None
) -> CaseMessage:
    """Tell everybody who takes part in a case something; it can't be taken back.

    Raises:
        CoRegulationRefused: The case isn't the actor's to see, is closed, or the text is missing or too long.
        FileRefused: The attachment can't be stored.
    """
    if not list_visible_cases(actor).filter(pk=case.pk).exists():
        raise _not_leading()
    case = CoRegulationCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    _require_open(case)
    return _write(case, body, attachment, actor)


@transaction.atomic
def close_case(*, case: CoRegulationCase, outcome: str, actor: StaffAccount) -> CoRegulationCase:
    """Close a case with its outcome; it stays readable for everybody it was shared with.

    Raises:
        CoRegulationRefused: The actor doesn't lead it, it is closed already, or the outcome is missing.
    """
    case = _take(case, actor)
    case.outcome = _clean(outcome, field="outcome")
    case.closed_at = clock.now()
    case.save(update_fields=["outcome", "closed_at"])
    _record("co_case.closed", case, actor, reason=case.outcome)
    return case


def _take(case: CoRegulationCase, actor: StaffAccount) -> CoRegulationCase:
    if not list_led_cases(actor).filter(pk=case.pk).exists():
        raise _not_leading()
    case = CoRegulationCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    _require_open(case)
    return case


def _require_open(case: CoRegulationCase) -> None:
    if case.closed_at is not None:
        raise CoRegulationRefused(
            _("This case is closed."), fix=_("Open a new one if there is something more to do.")
        )


def _not_leading() -> CoRegulationRefused:
    return CoRegulationRefused(
        _("This isn't in the part of the tree that you administer."),
        fix=_("Ask the platform manager of the unit that leads the case."),
    )


def _clean(text: str, *, field: str) -> str:
    text = storable(text).strip()
    if not text or len(text) > MAX_MESSAGE_CHARS:
        raise CoRegulationRefused(
            _("The text is missing or longer than %(limit)d characters.") % {"limit": MAX_MESSAGE_CHARS},
            fix=_("Write it, or put a longer one into an attachment; nothing you typed is lost."),
            field=field,
        )
    return text


def _write(
    case: CoRegulationCase, body: str, attachment: Attachment | None, actor: StaffAccount
) -> CaseMessage:
    body = _clean(body, field="body")
    file = _store(case, attachment, actor) if attachment else None
    message = CaseMessage.objects.create(
        case=case,
        account=actor,
        person_id=actor.person_id,
        unit_id=actor.unit_id,
        body=body,
        attachment=file,
        created_at=clock.now(),
    )
    _record("co_case.message", case, actor, opinion=body, file=file.pk if file else None)
    return message


def _store(case: CoRegulationCase, attachment: Attachment, actor: StaffAccount) -> PrivateFile:
    return store_file(
        data=attachment.data,
        original_name=attachment.name,
        purpose=PURPOSE,
        unit_id=case.unit_id,
        actor=actor.audit_actor(),
        field="attachment",
    )


def _record(verb: str, case: CoRegulationCase, actor: StaffAccount, **facts: object) -> None:
    audit.record_many(
        actor=actor.audit_actor(), verb=verb, facts=[audit.Fact("co_regulation_case", case.pk, facts)]
    )
