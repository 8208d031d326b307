"""May this person work from here? Asked at the sign-in and at every request (SEC-08)."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.sign_ins.addresses import is_inside
from jiyue.organizations.sign_ins.enums import TerminalStatus
from jiyue.organizations.sign_ins.models import Terminal
from jiyue.organizations.sign_ins.origins import Origin
from jiyue.organizations.sign_ins.selectors import (
    EffectiveRule,
    get_rules_of,
    get_terminal_state,
    get_terminals_at,
)
from jiyue.organizations.sign_ins.wording import day_text


class PlaceRefused(DomainError):
    """The back office can't be used from this network or terminal."""

    code = "place_refused"


def place_refusal(account: StaffAccount, origin: Origin) -> PlaceRefused | None:
    """Say why the account may not be used from here, or None.

    Loopback is an address like any other: where a unit has a list, work on the
    server itself needs 127.0.0.1 in it.

    Source: GL 七(一)3; NB 5, 26-27 (SEC-08).
    """
    terminals = get_terminals_at(origin.address)
    rules = get_rules_of(account)
    return (
        _network_refusal(rules, origin)
        or _terminal_refusal(account, terminals)
        or _unregistered_refusal(rules, terminals, origin)
    )


def _network_refusal(rules: list[EffectiveRule], origin: Origin) -> PlaceRefused | None:
    for rule in rules:
        if rule.networks_from is not None and not is_inside(origin.address, rule.networks):
            return PlaceRefused(
                _("%(unit)s allows work only from its safe networks; your address %(address)s isn't in them.")
                % {"unit": rule.networks_from.name, "address": origin.address or "?"},
                fix=_("Sign in from the office network, or ask the account manager of your unit."),
                code="network_not_allowed",
            )
    return None


def _terminal_refusal(account: StaffAccount, terminals: list[Terminal]) -> PlaceRefused | None:
    """Terminals block only the people of their own unit and below: no unit locks out another one."""
    for terminal in terminals:
        if account.unit.path.startswith(terminal.unit.path):
            refusal = terminal_blocker(terminal)
            if refusal is not None:
                return refusal
    return None


def terminal_blocker(terminal: Terminal) -> PlaceRefused | None:
    """Say why nobody may work at a terminal today, or None.

    Source: GL 七(一)3 (SEC-08; blocking is derived).
    """
    if terminal.status == TerminalStatus.BLOCKED:
        return PlaceRefused(
            _("The terminal %(name)s is blocked: %(reason)s")
            % {"name": terminal.name, "reason": terminal.status_reason},
            fix=_("Use another terminal, or ask the account manager of your unit."),
            code="terminal_blocked",
        )
    state = get_terminal_state(terminal)
    if state.is_failed:
        return PlaceRefused(
            _("The last check of the terminal %(name)s found it not in order.") % {"name": terminal.name},
            fix=_("Have it cleaned and checked again; then you can sign in."),
            code="terminal_failed",
        )
    if state.is_overdue:
        return PlaceRefused(
            _("The security check of the terminal %(name)s was due on %(day)s.")
            % {"name": terminal.name, "day": day_text(state.due_on)},
            fix=_("Have it checked and the check recorded; then you can sign in."),
            code="terminal_overdue",
        )
    return None


def _unregistered_refusal(
    rules: list[EffectiveRule], terminals: list[Terminal], origin: Origin
) -> PlaceRefused | None:
    for rule in rules:
        unit = rule.terminals_from
        if unit is None:
            continue
        own = [terminal for terminal in terminals if terminal.unit.path.startswith(unit.path)]
        if not own:
            return PlaceRefused(
                _("%(unit)s allows work only at registered terminals; there is none at %(address)s.")
                % {"unit": unit.name, "address": origin.address or "?"},
                fix=_("Use a registered terminal, or ask the account manager to register this one."),
                code="terminal_unregistered",
            )
        refusals = [terminal_blocker(terminal) for terminal in own]
        if all(refusals):
            return refusals[0]
    return None
