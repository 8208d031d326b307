"""The permission matrix: every address of the back office × role × own and other unit → status.

Each module of this folder holds the rows of one part of the back office:
`ROWS`, and `make_things(world)` with the objects its addresses name, all of
them unit A's. A row is read from left to right: anonymous, one factor only,
then the roles, first of the unit that owns the objects, then of another unit.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from jiyue.organizations.enums import StaffRole
from tests.factories import World

# The roles with rights; GENERAL_OWNER stands for all that are only entered in a register.
ROLES = (
    StaffRole.ENTRY_CLERK,
    StaffRole.REVIEW_LEAD,
    StaffRole.LEADER_IN_CHARGE,
    StaffRole.PRINCIPAL_LEADER,
    StaffRole.PLATFORM_MANAGER,
    StaffRole.ACCOUNT_MANAGER,
    StaffRole.INSPECTOR,
    StaffRole.COORDINATOR,
    StaffRole.CO_REGULATION_CONTACT,
    StaffRole.GENERAL_OWNER,
)
Statuses = dict[StaffRole, int]
Things = dict[str, object]


def everybody(status: int, **others: int) -> Statuses:
    """The same status for every role, except the named ones."""
    named = {StaffRole[name.upper()]: value for name, value in others.items()}
    return dict.fromkeys(ROLES, status) | named


@dataclass(frozen=True)
class Row:
    """What one request to one address must answer.

    Attributes:
        name: Name of the address.
        own: Status by role for accounts of the unit that owns the object.
        other: Status by role for accounts of another unit; as `own` where the
            address names no object.
        keys: Names of the objects in the address.
        method: GET or POST.
        data: What is posted, from the objects.
        outside: Status without any session, and with one factor only.
    """

    name: str
    own: Statuses
    other: Statuses | None = None
    keys: tuple[str, ...] = ()
    method: str = "get"
    data: Callable[["Objects"], dict[str, object]] = lambda objects: {}
    outside: tuple[int, int] = (302, 302)
    query: Callable[["Objects"], str] = field(default=lambda objects: "")


@dataclass(frozen=True)
class Objects:
    """What the addresses name; all of it belongs to unit A."""

    world: World
    things: Things

    def __getattr__(self, name: str) -> object:
        try:
            return self.things[name]
        except KeyError:
            raise AttributeError(name) from None

    def key(self, name: str) -> object:
        """The part of the address for one object: its number, or the text itself."""
        thing = self.things[name]
        return getattr(thing, "pk", thing)


GONE = everybody(404)
