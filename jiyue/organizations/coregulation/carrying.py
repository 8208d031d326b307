"""What a reform of units carries along here: cases it leads, and its part as a co-regulator."""

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.coregulation.models import CoRegulationCase, CoRegulator
from jiyue.organizations.models import Organization


class Cases:
    """Cases a unit leads."""

    label: Promise = _("open cases with co-regulators")

    def count(self, unit: Organization) -> int:
        """Open ones."""
        return CoRegulationCase.objects.filter(unit=unit, closed_at=None).count()

    def carry(self, handover: Handover) -> int:
        """Closed ones too: their history is the successor's."""
        return CoRegulationCase.objects.filter(unit=handover.predecessor).update(unit=handover.successor)


class Parts:
    """The unit's own part as a co-regulator."""

    label: Promise = _("its part as a co-regulator")

    def count(self, unit: Organization) -> int:
        """Parts that go on."""
        return CoRegulator.objects.filter(unit=unit, is_active=True).count()

    def carry(self, handover: Handover) -> int:
        """Move it with everything shared so far; where the successor has it already, it ends."""
        new = handover.successor
        own = CoRegulator.objects.filter(unit=new, is_active=True, kind=OuterRef("kind"))
        parts = CoRegulator.objects.filter(unit=handover.predecessor, is_active=True)
        twins = list(parts.filter(Exists(own)).values_list("pk", flat=True))
        moved = parts.exclude(pk__in=twins).update(unit=new, level=new.level)
        for part in CoRegulator.objects.filter(pk__in=twins):
            self._join(part, new)
        return moved + len(twins)

    def _join(self, part: CoRegulator, unit: Organization) -> None:
        """Show the successor's part what was shared with the one that ends."""
        heirs = CoRegulator.objects.filter(unit=unit, is_active=True, kind=part.kind)
        heir = heirs.order_by("pk")[0]  # two where the unit's level changed since
        for share in part.shares.all():
            heir.shares.get_or_create(
                case_id=share.case_id, defaults={"account_id": share.account_id, "shared_at": share.shared_at}
            )
        part.is_active = False
        part.save(update_fields=["is_active"])


def register() -> None:
    """Enter this app's carriers."""
    CARRIERS.register("coregulation.cases", _CASES)
    CARRIERS.register("coregulation.parts", _PARTS)


_CASES, _PARTS = Cases(), Parts()
