"""What a reform of units carries along here: picks of the unit's columns; the record of use stays."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.library.use.enums import ACTIVE_PICKS
from jiyue.library.use.models import Pick
from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.models import Organization


class Picks:
    """Items that the unit picked for its columns."""

    label: Promise = _("picked items")

    def count(self, unit: Organization) -> int:
        """Those that stand or wait."""
        return Pick.objects.filter(unit=unit, status__in=ACTIVE_PICKS).count()

    def carry(self, handover: Handover) -> int:
        """The successor's people decide on them."""
        return Pick.objects.filter(unit=handover.predecessor).update(unit=handover.successor)


def register() -> None:
    """Enter this annex's carriers."""
    CARRIERS.register("use.picks", _PICKS)


_PICKS = Picks()
