"""Who is told about a clock: people by unit and role, looked up for a whole batch at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from jiyue.obligations.enums import Audience
from jiyue.obligations.kinds import LEADERS, ObligationKind
from jiyue.obligations.models import Obligation
from jiyue.organizations.enums import ADMINISTRATION_ROLES, OVERSIGHT_ROLES, AccountStatus, StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_active_roles

SUPERVISORS = ADMINISTRATION_ROLES | OVERSIGHT_ROLES | {StaffRole.COORDINATOR}


class Directory:
    """The people of the units that a batch of clocks belongs to, and of the units above them."""

    def __init__(self, unit_ids: Iterable[int]):
        """Read parents and roles: two queries, however many units there are."""
        rows = Organization.objects.filter(pk__in=set(unit_ids)).values_list(
            "pk", "supervising_unit_id", "superior_id"
        )
        self._parents = {pk: supervising or superior for pk, supervising, superior in rows}
        known = set(self._parents) | {parent for parent in self._parents.values() if parent}
        self._people: dict[tuple[int, str], set[int]] = defaultdict(set)
        roles = get_active_roles().filter(
            unit_id__in=known, person__accounts__status=AccountStatus.ACTIVE
        )  # a message to somebody who can't sign in reaches nobody
        for unit_id, role, person_id in roles.values_list("unit_id", "role", "person_id").distinct():
            self._people[unit_id, role].add(person_id)

    def recipients(self, obligation: Obligation, kind: ObligationKind, number: int) -> set[int]:
        """People told at one step of escalation; 0 stands for the reminders ahead.

        Where a group is empty, the next one is told instead: no step goes to nobody
        as long as there is anybody.
        """
        audiences = kind.audiences_at(number)
        found: set[int] = set()
        for audience in audiences:
            found |= self._group(audience, obligation, kind)
        later = [audience for audience in Audience if audience not in audiences]
        while not found and later:
            found = self._group(later.pop(0), obligation, kind)
        return found

    def _group(self, audience: Audience, obligation: Obligation, kind: ObligationKind) -> set[int]:
        if audience == Audience.OWNER:
            if obligation.person_id is not None:
                return {obligation.person_id}
            return self._holders(obligation.unit_id, kind.handlers)
        if audience == Audience.UNIT_LEADERS:
            return self._holders(obligation.unit_id, LEADERS)
        above = self._parents.get(obligation.unit_id) or obligation.unit_id  # the root looks after itself
        return self._holders(above, SUPERVISORS)

    def _holders(self, unit_id: int, roles: Iterable[StaffRole]) -> set[int]:
        return set().union(*(self._people.get((unit_id, role), set()) for role in roles))


def directory_for(obligations: Sequence[Obligation]) -> Directory:
    """The directory of the units that owe `obligations`."""
    return Directory(obligation.unit_id for obligation in obligations)
