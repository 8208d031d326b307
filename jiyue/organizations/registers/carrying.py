"""What a reform of units carries along: the registers and open tasks of the unit (机构改革)."""

from typing import Any

from django.db.models import UniqueConstraint
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.carriers import Handover
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.base import REGISTERS
from jiyue.organizations.registers.content_tasks.models import OPEN_STATUSES, ContentTask


class RegisterCarrier:
    """Entries that still hold go to the successor; struck-out ones stay with the unit they belonged to."""

    label: Promise = _("entries of registers")

    def count(self, unit: Organization) -> int:
        """How many living entries the unit has."""
        return sum(_living(register.model, unit).count() for _key, register in REGISTERS)

    def carry(self, handover: Handover) -> int:
        """Hand them over."""
        return sum(_hand_over(register.model, handover) for _key, register in REGISTERS)


def _hand_over(model: Any, handover: Handover) -> int:
    """Move the entries; a number that is taken there gets the code of the old unit behind it."""
    entries, suffix = _living(model, handover.predecessor), f"/{handover.predecessor.code}"
    for name in _unique_in_unit(model):
        taken = _living(model, handover.successor).values(name)
        longest = model._meta.get_field(name).max_length
        for entry in entries.filter(**{f"{name}__in": taken}):
            setattr(entry, name, getattr(entry, name)[: longest - len(suffix)] + suffix)
            entry.version += 1
            entry.save(update_fields=[name, "version"])
    return int(entries.update(unit=handover.successor))


def _unique_in_unit(model: Any) -> list[str]:
    """Texts that the database keeps unique within a unit, such as the number of a contract."""
    rules = [rule.fields for rule in model._meta.constraints if isinstance(rule, UniqueConstraint)]
    return [fields[1] for fields in rules if len(fields) == 2 and fields[0] == "unit"]


def _living(model: Any, unit: Organization) -> Any:
    return model.objects.filter(unit=unit, struck_at=None)


class TaskCarrier:
    """Open tasks go to the successor, and so do those that the unit's office gave."""

    label: Promise = _("content-provision tasks")

    def count(self, unit: Organization) -> int:
        """How many open tasks the unit owes or oversees."""
        tasks = ContentTask.objects.filter(status__in=OPEN_STATUSES)
        return tasks.filter(unit=unit).count() + tasks.filter(office=unit).exclude(unit=unit).count()

    def carry(self, handover: Handover) -> int:
        """Hand them over; their clocks are handed over by `obligations`."""
        tasks = ContentTask.objects.filter(status__in=OPEN_STATUSES)
        number = self.count(handover.predecessor)
        tasks.filter(unit=handover.predecessor).update(unit=handover.successor)
        tasks.filter(office=handover.predecessor).update(office=handover.successor)
        return number
