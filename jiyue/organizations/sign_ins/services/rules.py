"""Safe networks of a unit: changed by two persons, never so that one of them locks themselves out."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit, clock, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.models import Organization
from jiyue.organizations.sign_ins.addresses import is_inside, normal_networks
from jiyue.organizations.sign_ins.models import SignInRule
from jiyue.organizations.sign_ins.origins import readable_address
from jiyue.organizations.sign_ins.places import terminal_blocker
from jiyue.organizations.sign_ins.refusals import acting_account, reach_refusal
from jiyue.organizations.sign_ins.selectors import combine, get_terminals_at, get_unit_paths_of, prefixes_of

TOPIC = "sign_in.rule"
SUBJECT = "unit"


class LockedOut(DomainError):
    """The change would lock out the very person who makes it."""

    code = "would_lock_out"


def lockout_refusal(
    unit: Organization, networks: Sequence[str], only_terminals: bool, actor: AuditActor
) -> LockedOut | None:
    """Say whether the person who changes the rule could no longer work from where they sit.

    Source: product decision for SEC-08.
    """
    account = acting_account(actor)
    address = readable_address(actor.source_address)
    new = SignInRule(unit=unit, networks=list(networks), only_terminals=only_terminals)
    for path in get_unit_paths_of(account):
        if not path.startswith(unit.path):
            continue
        others = SignInRule.objects.filter(unit__path__in=prefixes_of(path)).exclude(unit=unit)
        rule = combine([*others.select_related("unit"), new], path)
        if rule.networks and not is_inside(address, rule.networks):
            return _locked_out(
                _("Your own address %(address)s isn't in the list: you would be locked out at once.")
                % {"address": address or "?"},
                _("Add your network to the list, or have it changed from there."),
                "networks",
            )
        if rule.terminals_from and not _is_at_good_terminal(address, rule.terminals_from):
            return _locked_out(
                _("You don't sit at a registered terminal in order: you would be locked out at once."),
                _("Register your own terminal with the address %(address)s first.") % {"address": address},
                "only_terminals",
            )
    return None


def _locked_out(message: str, fix: str, field: str) -> LockedOut:
    return LockedOut(message, fix=fix, field=field)


def _is_at_good_terminal(address: str, unit: Organization) -> bool:
    return any(
        terminal.unit.path.startswith(unit.path) and terminal_blocker(terminal) is None
        for terminal in get_terminals_at(address)
    )


@transaction.atomic
def propose_rule(
    *, unit: Organization, networks: Sequence[str], only_terminals: bool, reason: str, actor: AuditActor
) -> TwoPersonChange:
    """Ask for other safe networks, or for the terminal switch; another administrator decides.

    Args:
        unit: Whose rule; everything below follows it unless it has a list of its own.
        networks: Networks as typed; none leaves the decision to the unit above.
        only_terminals: Whether only registered terminals may be used.
        reason: Why.
        actor: An administrator over the unit.

    Raises:
        NotAdministered: The unit lies outside the actor's units.
        NetworkRefused: A network is malformed, or the list allows everybody.
        LockedOut: The actor couldn't work any more.
        ChangeRefused: A change of this unit waits already, or the reason is missing.

    Source: GL 七(一)3; NB 26-27 (SEC-08).
    """
    if refusal := reach_refusal(unit.pk, actor):
        raise refusal
    canonical = normal_networks(networks)
    if locked := lockout_refusal(unit, canonical, only_terminals, actor):
        raise locked
    return two_person.propose(
        topic=TOPIC,
        subject_type=SUBJECT,
        subject_key=unit.pk,
        title=_("Safe networks and terminals of %(unit)s") % {"unit": unit.name},
        payload={"unit": unit.pk, "networks": canonical, "only_terminals": only_terminals},
        reason=reason,
        actor=actor,
        unit_id=unit.pk,
    )


@transaction.atomic
def clear_rule(*, unit: Organization, reason: str) -> bool:
    """Take a unit's rule away from the server's own command line, where everybody is locked out.

    Returns:
        Whether there was a rule.
    """
    rule = SignInRule.objects.select_for_update().filter(unit=unit).first()
    if rule is None:
        return False
    before = {"networks": rule.networks, "only_terminals": rule.only_terminals}
    rule.networks, rule.only_terminals, rule.change_id, rule.changed_at = [], False, None, clock.now()
    rule.save()
    audit.record(
        actor=audit.PLATFORM,
        verb="sign_in.rule_cleared",
        subject_type="unit",
        subject_id=unit.pk,
        reason=reason,
        before=before,
    )
    return True


class SignInRuleTopic:
    """The two-person change of a unit's safe networks."""

    label: Promise = gettext_lazy("Safe networks and terminals")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Only administrators over the unit see and decide it."""
        return reach_refusal(change.unit_id or 0, actor)

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """Networks and switch, before and after."""
        rule = SignInRule.objects.filter(unit=change.payload["unit"]).first()
        networks, only = (rule.networks, rule.only_terminals) if rule else ([], False)
        return [
            (_("safe networks"), _listed(networks), _listed(change.payload["networks"])),
            (_("only registered terminals"), _yes_no(only), _yes_no(change.payload["only_terminals"])),
        ]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Put the rule in force, unless the person who decides would be locked out.

        Raises:
            LockedOut: They would.
        """
        unit = Organization.objects.get(pk=change.payload["unit"])
        networks = normal_networks(change.payload["networks"])
        only_terminals = bool(change.payload["only_terminals"])
        if locked := lockout_refusal(unit, networks, only_terminals, actor):
            raise locked
        rule = SignInRule.objects.select_for_update().filter(unit=unit).first() or SignInRule(unit=unit)
        before = {"networks": rule.networks, "only_terminals": rule.only_terminals}
        rule.networks, rule.only_terminals = networks, only_terminals
        rule.change_id, rule.changed_at = change.pk, clock.now()
        rule.save()
        audit.record(
            actor=actor,
            verb="sign_in.rule_changed",
            subject_type="unit",
            subject_id=unit.pk,
            before=before,
            after={"networks": networks, "only_terminals": only_terminals},
            change=change.pk,
        )


def _listed(networks: Sequence[str]) -> str:
    return "、".join(networks) or _("as the unit above")


def _yes_no(answer: bool) -> str:
    return _("yes") if answer else _("no")
