"""What a reform of units carries along: each room registers what it holds for a unit (机构改革)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.utils.functional import Promise

from jiyue.core.audit import AuditActor
from jiyue.core.registries import Announcement, Registry
from jiyue.organizations.models import Organization


@dataclass(frozen=True)
class Handover:
    """What one unit gives up and who gets it.

    Attributes:
        predecessor: The unit that gives.
        successor: Who gets content, open work and everything not assigned otherwise.
        persons: Persons that go to another unit, by person id; in a split.
        day: First day on which everything belongs to the successor.
        actor: Who approved the reform.
    """

    predecessor: Organization
    successor: Organization
    day: date
    actor: AuditActor
    persons: Mapping[int, Organization]

    def successor_of(self, person_id: int) -> Organization:
        """The unit a person goes to."""
        return self.persons.get(person_id, self.successor)


class Carrier(Protocol):
    """What a room registers; both run inside the reform's transaction or a reader's."""

    label: Promise

    def count(self, unit: Organization) -> int:
        """How many things still belong to the unit and keep it from being closed."""
        ...

    def carry(self, handover: Handover) -> int:
        """Hand everything over and return how many things that were."""
        ...


CARRIERS: Registry[Carrier] = Registry("carriers of reforms")
UNIT_CHANGED: Announcement[Organization] = Announcement("unit changed")
