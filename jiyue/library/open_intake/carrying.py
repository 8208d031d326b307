"""What a reform of units carries along here: systems that hand items in, and the quarantine."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.library.open_intake.enums import ItemState
from jiyue.library.open_intake.models import IntakeClient, IntakeItem
from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.models import Organization


class Clients:
    """Systems with a token; they call on only when their keeper is a clerk of the successor."""

    label: Promise = _("systems that hand items in")

    def count(self, unit: Organization) -> int:
        """Those that are switched on."""
        return IntakeClient.objects.filter(unit=unit, is_active=True).count()

    def carry(self, handover: Handover) -> int:
        """Move them; a name that the successor has already gets the old unit's code."""
        old, new = handover.predecessor, handover.successor
        taken = set(IntakeClient.objects.filter(unit=new).values_list("name", flat=True))
        clients = list(IntakeClient.objects.filter(unit=old))
        for client in clients:
            client.unit = new
            if client.name in taken:
                client.name = f"{client.name[:80]} {old.code}"
            client.save(update_fields=["unit", "name"])
        return len(clients)


class Items:
    """What came in, decided or not."""

    label: Promise = _("items in quarantine")

    def count(self, unit: Organization) -> int:
        """Those that wait."""
        return IntakeItem.objects.filter(unit=unit, state=ItemState.QUARANTINED).count()

    def carry(self, handover: Handover) -> int:
        """The successor's clerks decide."""
        return IntakeItem.objects.filter(unit=handover.predecessor).update(unit=handover.successor)


def register() -> None:
    """Enter this annex's carriers."""
    CARRIERS.register("intake.clients", _CLIENTS)
    CARRIERS.register("intake.items", _ITEMS)


_CLIENTS, _ITEMS = Clients(), Items()
