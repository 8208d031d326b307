"""Items handed in and adopted, by unit and person (ORG-16)."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from jiyue.backoffice.access import StaffView
from jiyue.core import clock
from jiyue.library.contributions import count_contributions
from jiyue.organizations.enums import ADMINISTRATION_ROLES, OVERSIGHT_ROLES
from jiyue.organizations.selectors import get_subtree_ids


class ContributionView(StaffView):
    """Counts of a period for the account's units, and for the subtrees it oversees."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the table; without days, of this year."""
        first = _day(request.GET.get("from"), clock.today().replace(month=1, day=1))
        last = max(_day(request.GET.get("to"), clock.today()), first)
        context: dict[str, Any] = {
            "first": first,
            "last": last,
            "rows": count_contributions(
                self._unit_ids(), since=_midnight(first), until=_midnight(last + timedelta(days=1))
            ),
        }
        return self.page("contribution_list.html", context)

    def _unit_ids(self) -> frozenset[int]:
        own = frozenset(unit_id for unit_id, _role in self.role_pairs)
        overseeing = ADMINISTRATION_ROLES | OVERSIGHT_ROLES
        return own | get_subtree_ids([unit for unit, role in self.role_pairs if role in overseeing])


def _day(text: str | None, otherwise: date) -> date:
    """A day of the address; what is no day between 2000 and 2100 counts as not given."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return day if 2000 <= day.year <= 2100 else otherwise  # years a person can mean


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
