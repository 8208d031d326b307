"""Merging and splitting units on an order, by two persons, with everything they hold (机构改革).

Source: GL 二(一); NB 2-3 (ORG-01, ORG-04); two persons: product decision, as for policy values.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.core.schedule import JOBS, Job
from jiyue.core.text import storable
from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.enums import ReformKind, UnitStatus
from jiyue.organizations.models import (
    Organization,
    StaffAccount,
    UnitReform,
    UnitSuccession,
)
from jiyue.organizations.selectors.units import list_managed_units
from jiyue.organizations.services.tree import UnitRefused, lock_tree
from jiyue.organizations.services.units import NotYourSubtree, mark_closed

TOPIC = "unit.reform"
PERSONAL_CARRIERS = ("organizations.accounts", "organizations.roles")
MAX_BASIS_CHARS = 300
logger = logging.getLogger(__name__)


class ReformRefused(UnitRefused):
    """A reform that the rules don't allow."""

    code = "reform_refused"


@dataclass(frozen=True)
class ReformPlan:
    """What a reform does.

    Attributes:
        kind: Merging or splitting.
        predecessor_ids: Units that come to an end; in a split one, which goes
            on where it is among the successors.
        successor_ids: Units that follow; in a merger one.
        main_id: The successor that gets content, open work and what isn't assigned.
        effective_on: First day of the new order.
        basis: Number and title of the order.
        accounts: In a split, the unit each account goes to, by account id; the others go to the main one.
    """

    kind: ReformKind
    predecessor_ids: tuple[int, ...]
    successor_ids: tuple[int, ...]
    main_id: int
    effective_on: date
    basis: str
    accounts: Mapping[int, int] = field(default_factory=dict)

    @property
    def unit_ids(self) -> frozenset[int]:
        """Every unit it touches."""
        return frozenset({*self.predecessor_ids, *self.successor_ids})

    @property
    def ending_ids(self) -> tuple[int, ...]:
        """Units that are closed by it."""
        return tuple(pk for pk in self.predecessor_ids if pk not in self.successor_ids)

    def to_payload(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "kind": str(self.kind),
            "predecessors": list(self.predecessor_ids),
            "successors": list(self.successor_ids),
            "main": self.main_id,
            "effective_on": self.effective_on.isoformat(),
            "basis": self.basis,
            "accounts": {str(key): value for key, value in sorted(self.accounts.items())},
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "ReformPlan":
        """From the JSON values of a proposal."""
        return cls(
            kind=ReformKind(payload["kind"]),
            predecessor_ids=tuple(payload["predecessors"]),
            successor_ids=tuple(payload["successors"]),
            main_id=payload["main"],
            effective_on=date.fromisoformat(payload["effective_on"]),
            basis=payload["basis"],
            accounts={int(key): value for key, value in payload["accounts"].items()},
        )


def reform_refusal(plan: ReformPlan) -> ReformRefused | None:
    """Say why a reform can't be carried out on the tree as it is, or None."""
    units = Organization.objects.in_bulk(plan.unit_ids)
    return _shape_refusal(plan) or _units_refusal(plan, units) or _accounts_refusal(plan)


def _shape_refusal(plan: ReformPlan) -> ReformRefused | None:
    is_merger = plan.kind == ReformKind.MERGE
    if is_merger and (len(plan.successor_ids) != 1 or set(plan.predecessor_ids) & set(plan.successor_ids)):
        return ReformRefused(
            _("A merger has one unit that goes on, which isn't among those that end."),
            fix=_("Choose the units that end and, apart from them, the one that takes over."),
            field="predecessors",
        )
    if not plan.predecessor_ids or (not is_merger and len(plan.predecessor_ids) != 1):
        return ReformRefused(
            _("No unit is chosen, or more than one for a split."),
            fix=_("Choose the unit that is divided, or at least one that is merged."),
            field="predecessors",
        )
    if not is_merger and len(set(plan.successor_ids)) < 2:
        return ReformRefused(
            _("A split has at least two units that follow."),
            fix=_("Choose them all; found new ones first."),
            field="successors",
        )
    if plan.main_id not in plan.successor_ids:
        return ReformRefused(
            _("The unit that takes over the content isn't among those that follow."),
            fix=_("Choose one of the units that follow."),
            field="main",
        )
    return None


def _units_refusal(plan: ReformPlan, units: Mapping[int, Organization]) -> ReformRefused | None:
    closed = [unit.name for unit in units.values() if unit.status != UnitStatus.ACTIVE]
    if closed or len(units) != len(plan.unit_ids):
        return ReformRefused(
            _("At least one of the units is closed: %(names)s.") % {"names": ", ".join(closed)},
            fix=_("Choose units that still exist."),
            field="predecessors",
        )
    for ending in plan.ending_ids:
        path = units[ending].path
        for pk in plan.unit_ids - {ending}:
            if units[pk].path.startswith(path):
                return ReformRefused(
                    _("%(below)s lies below %(unit)s, which ends.")
                    % {"below": units[pk].name, "unit": units[ending].name},
                    fix=_("Move it to its new place in the tree first."),
                    field="predecessors",
                )
    return None


def _accounts_refusal(plan: ReformPlan) -> ReformRefused | None:
    own = set(
        StaffAccount.objects.filter(unit__in=plan.predecessor_ids, pk__in=plan.accounts).values_list(
            "pk", flat=True
        )
    )
    if own == set(plan.accounts) and set(plan.accounts.values()) <= set(plan.successor_ids):
        return None
    return ReformRefused(
        _("An account is assigned that isn't the unit's, or to a unit that doesn't follow."),
        fix=_("Reload the page and assign the accounts again."),
        field="accounts",
    )


def propose_reform(*, plan: ReformPlan, reason: str, actor: StaffAccount) -> TwoPersonChange:
    """Propose a merger or a split; another administrator above all its units decides.

    Raises:
        NotYourSubtree: One of the units isn't in the actor's subtree.
        ReformRefused: No basis, a day that has passed, or units that don't fit.
        ChangeRefused: No reason, or the same reform waits already.
    """
    plan = ReformPlan(**{**plan.__dict__, "basis": storable(plan.basis).strip()[:MAX_BASIS_CHARS]})
    refusal = _outside_refusal(plan, actor) or _paper_refusal(plan) or reform_refusal(plan)
    if refusal:
        raise refusal
    names = Organization.objects.filter(pk__in=plan.predecessor_ids).order_by("code")
    return two_person.propose(
        topic=TOPIC,
        subject_type="unit",
        subject_key=",".join(str(pk) for pk in sorted(plan.predecessor_ids)),
        title=gettext("%(kind)s: %(units)s")
        % {"kind": plan.kind.label, "units": gettext(", ").join(unit.name for unit in names)},
        payload=plan.to_payload(),
        reason=reason,
        actor=actor.audit_actor(),
        unit_id=plan.predecessor_ids[0],
    )


def _paper_refusal(plan: ReformPlan) -> ReformRefused | None:
    if not plan.basis:
        return ReformRefused(
            _("The order is missing on which the reform rests."),
            fix=_("Write its number and title."),
            field="basis",
        )
    if plan.effective_on < clock.today():
        return ReformRefused(
            _("The day on which the reform takes effect has passed."),
            fix=_("Choose today or a later day."),
            field="effective_on",
        )
    return None


def _outside_refusal(plan: ReformPlan, actor: StaffAccount) -> DomainError | None:
    if list_managed_units(actor).filter(pk__in=plan.unit_ids).count() == len(plan.unit_ids):
        return None
    return NotYourSubtree(
        _("Not all of these units are in the part of the tree that you administer."),
        fix=_("Ask the administrator of a unit above them all."),
        field="predecessors",
    )


@transaction.atomic
def carry_out(*, plan: ReformPlan, change_id: int | None, actor: AuditActor) -> UnitReform:
    """Carry a reform out: hand over what every room holds, close what ends, keep the history.

    Raises:
        ReformRefused: The units have changed since it was approved.
    """
    lock_tree()
    refusal = reform_refusal(plan)
    if refusal:
        raise refusal
    locked = Organization.objects.select_for_update(of=("self",)).filter(pk__in=plan.unit_ids).order_by("pk")
    units = {unit.pk: unit for unit in locked}
    assigned = StaffAccount.objects.filter(pk__in=plan.accounts).values_list("pk", "person_id")
    persons = {person: units[plan.accounts[account]] for account, person in assigned}
    carried: dict[str, int] = {}
    for pk in plan.predecessor_ids:
        handover = Handover(
            predecessor=units[pk],
            successor=units[plan.main_id],
            day=clock.today(),
            actor=actor,
            persons=persons,
        )
        for name, count in _hand_over(handover):
            carried[name] = carried.get(name, 0) + count
    reform = UnitReform.objects.create(
        kind=plan.kind,
        effective_on=plan.effective_on,
        basis=plan.basis,
        carried=carried,
        change_id=change_id,
        actor_account_id=actor.account_id,
        carried_out_at=clock.now(),
    )
    UnitSuccession.objects.bulk_create(
        UnitSuccession(reform=reform, predecessor_id=old, successor_id=new)
        for old in plan.predecessor_ids
        for new in plan.successor_ids
        if old != new
    )
    for pk in plan.ending_ids:
        mark_closed(units[pk], actor=actor, reason=plan.basis)
    for pk in sorted(plan.unit_ids):
        audit.record(
            actor=actor,
            verb="unit.reformed",
            subject_type="unit",
            subject_id=pk,
            reform=reform.pk,
            kind=str(plan.kind),
            basis=plan.basis,
            carried=carried,
        )
    return reform


def _hand_over(handover: Handover) -> Iterator[tuple[str, int]]:
    """Ask every room; a unit that goes on gives away people only."""
    is_going_on = handover.predecessor.pk == handover.successor.pk
    for name, carrier in CARRIERS:
        if not is_going_on or name in PERSONAL_CARRIERS:
            yield name, carrier.carry(handover)


def _spelled(day: date) -> str:
    """A date as people write it."""
    return gettext("%(year)s-%(month)s-%(day)s") % {"year": day.year, "month": day.month, "day": day.day}


class UnitReformTopic:
    """A reform as a change that takes two persons."""

    label: Promise = _("merging or splitting of units")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Only an administrator above all its units decides."""
        account = StaffAccount.objects.filter(pk=actor.account_id or 0).first()
        plan = ReformPlan.from_payload(change.payload)
        if account is None:
            return NotYourSubtree(_("Only a person can decide this."), fix=_("Sign in."))
        return _outside_refusal(plan, account)

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """What ends, what follows, and who goes where."""
        plan = ReformPlan.from_payload(change.payload)
        units = Organization.objects.in_bulk(plan.unit_ids)
        ends = [units[pk].name for pk in plan.predecessor_ids]
        goes_on = [units[pk].name for pk in plan.successor_ids]
        rows = [
            (gettext("what happens"), "", str(plan.kind.label)),
            (gettext("order"), "", plan.basis),
            (gettext("effective on"), "", _spelled(plan.effective_on)),
            (gettext("units"), gettext(", ").join(ends), gettext(", ").join(goes_on)),
            (gettext("takes over content and open work"), "", units[plan.main_id].name),
        ]
        accounts = StaffAccount.objects.select_related("person", "unit").in_bulk(plan.accounts)
        rows += [
            (str(account), account.unit.name, units[plan.accounts[pk]].name)
            for pk, account in accounts.items()
        ]
        return rows

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Carry it out on its day: now, or by the worker later.

        Raises:
            ReformRefused: The units have changed since it was proposed.
        """
        plan = ReformPlan.from_payload(change.payload)
        refusal = reform_refusal(plan)
        if refusal:
            raise refusal
        if plan.effective_on <= clock.today():
            carry_out(plan=plan, change_id=change.pk, actor=actor)


def list_approved_reforms() -> list[TwoPersonChange]:
    """Approved reforms that aren't carried out yet, oldest first."""
    done = UnitReform.objects.exclude(change_id=None).values("change_id")
    return list(
        TwoPersonChange.objects.filter(topic=TOPIC, status=ChangeStatus.APPROVED)
        .exclude(pk__in=done)
        .order_by("pk")
    )


def run_due_reforms() -> Iterator[object]:
    """Carry out approved reforms whose day has come; one that fails stays in the list with its reason."""
    for change in list_approved_reforms():
        plan = ReformPlan.from_payload(change.payload)
        if plan.effective_on > clock.today():
            continue
        actor = StaffAccount.objects.select_related("person", "unit").get(pk=change.decider_account_id or 0)
        try:
            carry_out(plan=plan, change_id=change.pk, actor=actor.audit_actor())
        except DomainError:
            logger.exception("organizations.reform_refused", extra={"change": change.pk})
        yield change.pk


def register() -> None:
    """Enter reforms as a change of two persons, and the job that carries them out on their day."""
    two_person.TOPICS.register(TOPIC, REFORM_TOPIC)
    JOBS.register("organizations.reforms", REFORM_JOB)


REFORM_TOPIC = UnitReformTopic()
REFORM_JOB = Job(run_due_reforms, every=timedelta(minutes=15))
