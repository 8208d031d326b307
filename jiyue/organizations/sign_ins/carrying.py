"""Terminals and flags go along when units are merged or split.

The rule of safe networks doesn't: it belongs to the places of a unit, and the
successor's own rule holds for whoever joins it.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.models import Organization
from jiyue.organizations.sign_ins.enums import TerminalStatus
from jiyue.organizations.sign_ins.models import SignInFlag, Terminal

_NUMBER_CHARS = 40  # the column's


class _Terminals:
    label: Promise = _("Terminals")

    def count(self, unit: Organization) -> int:
        """Terminals that are still in the register of the unit."""
        return Terminal.objects.filter(unit=unit).exclude(status=TerminalStatus.RETIRED).count()

    def carry(self, handover: Handover) -> int:
        """Hand each to the unit its custodian goes to; numbers and addresses stay unique there."""
        terminals = list(Terminal.objects.select_for_update().filter(unit=handover.predecessor))
        for terminal in terminals:
            unit = handover.successor_of(terminal.custodian_id)
            taken = Terminal.objects.filter(unit=unit)
            if taken.filter(asset_number=terminal.asset_number).exists():
                suffix = f"/{handover.predecessor.code}"
                terminal.asset_number = terminal.asset_number[: _NUMBER_CHARS - len(suffix)] + suffix
            if taken.filter(address=terminal.address).exclude(status=TerminalStatus.RETIRED).exists():
                terminal.status, terminal.status_reason = TerminalStatus.RETIRED, handover.successor.name
            terminal.unit = unit
            terminal.save()
        return len(terminals)


class _Flags:
    label: Promise = _("Unusual sign-ins")

    def count(self, unit: Organization) -> int:
        """Flags that wait for review."""
        return SignInFlag.objects.filter(unit=unit, is_open=True).count()

    def carry(self, handover: Handover) -> int:
        """Hand them over with their persons, reviewed ones too."""
        flags = SignInFlag.objects.filter(unit=handover.predecessor)
        persons = list(flags.values_list("person_id", flat=True).distinct())
        return sum(
            flags.filter(person=person).update(unit=handover.successor_of(person)) for person in persons
        )


_TERMINALS, _FLAGS = _Terminals(), _Flags()


def register() -> None:
    """Register with the reforms, at start-up."""
    CARRIERS.register("sign_ins.terminals", _TERMINALS)
    CARRIERS.register("sign_ins.flags", _FLAGS)
