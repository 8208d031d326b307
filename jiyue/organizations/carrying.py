"""What this room itself hands over in a reform: units below, accounts, roles, open filings, sharing."""

from datetime import timedelta

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.models import PrivateFile
from jiyue.organizations.carriers import CARRIERS, Carrier, Handover
from jiyue.organizations.enums import AccountStatus, ApplicationStatus, UnitStatus
from jiyue.organizations.models import (
    AccountApplication,
    Organization,
    PersonnelChangeFiling,
    SharingGrant,
    StaffAccount,
    UnitRole,
)
from jiyue.organizations.services.tree import move_subtree


class UnitsBelow:
    """Units whose superior or supervising unit the predecessor is; the tree is locked."""

    label: Promise = _("units below it")

    def count(self, unit: Organization) -> int:
        """Active units below."""
        below = Q(superior=unit) | Q(supervising_unit=unit)
        return Organization.objects.filter(below, status=UnitStatus.ACTIVE).count()

    def carry(self, handover: Handover) -> int:
        """Put them below the successor, with everything below them."""
        old, new = handover.predecessor, handover.successor
        below = Organization.objects.filter(Q(superior=old) | Q(supervising_unit=old)).exclude(pk=new.pk)
        units = list(below.order_by("path"))
        for unit in units:
            if unit.superior_id == old.pk:
                unit.superior = new
            if unit.supervising_unit_id == old.pk:
                unit.supervising_unit = new
            unit.refresh_from_db(fields=["path"])
            move_subtree(unit, unit.tree_parent)
            unit.save(update_fields=["superior", "supervising_unit", "path"])
        return len(units)


class Accounts:
    """Personal accounts; a closed one stays with the unit it belonged to."""

    label: Promise = _("accounts")

    def count(self, unit: Organization) -> int:
        """Accounts that aren't closed."""
        return StaffAccount.objects.filter(unit=unit).exclude(status=AccountStatus.CLOSED).count()

    def carry(self, handover: Handover) -> int:
        """Move them to the unit their person goes to."""
        accounts = list(
            StaffAccount.objects.filter(unit=handover.predecessor).exclude(status=AccountStatus.CLOSED)
        )
        for account in accounts:
            account.unit = handover.successor_of(account.person_id)
            account.save(update_fields=["unit"])
        return len([account for account in accounts if account.unit_id != handover.predecessor.pk])


class Roles:
    """Roles end in the one unit and begin in the other one, so that history shows both."""

    label: Promise = _("roles that people hold in it")

    def count(self, unit: Organization) -> int:
        """Roles that hold today or later."""
        return UnitRole.objects.filter(Q(ends_on=None) | Q(ends_on__gte=clock.today()), unit=unit).count()

    def carry(self, handover: Handover) -> int:
        """End what holds on the day, and begin it anew on the same day with the same last day."""
        day, moved = handover.day, 0
        held = UnitRole.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), unit=handover.predecessor)
        for role in held.order_by("pk"):
            unit = handover.successor_of(role.person_id)
            if unit.pk != handover.predecessor.pk:
                self._hand_over(role, unit, handover)
                moved += 1
        return moved

    def _hand_over(self, role: UnitRole, unit: Organization, handover: Handover) -> None:
        """The day before the reform is the last one here; a role that hasn't begun moves as it is."""
        twins = UnitRole.objects.filter(person_id=role.person_id, unit=unit, role=role.role)
        is_held = twins.filter(starts_on=max(role.starts_on, handover.day)).exists()
        if role.starts_on >= handover.day and not is_held:
            role.unit = unit
            role.save(update_fields=["unit"])
            return
        if not is_held:
            new = UnitRole.objects.create(
                person_id=role.person_id,
                unit=unit,
                role=role.role,
                section=role.section,
                starts_on=handover.day,
                ends_on=role.ends_on,
            )
            # an end that was filed ahead is now the end of the new row
            PersonnelChangeFiling.objects.filter(ended_role=role).update(ended_role=new)
        role.ends_on = max(role.starts_on, handover.day - timedelta(days=1))
        role.save(update_fields=["ends_on"])


class OpenFilings:
    """Applications and personnel changes that wait; what is decided stays where it was."""

    label: Promise = _("applications and personnel changes that wait")

    def _waiting(self, unit: Organization) -> tuple[Q, Q]:
        return Q(unit=unit, status=ApplicationStatus.WAITING), Q(unit=unit, completed_at=None)

    def count(self, unit: Organization) -> int:
        """What waits."""
        application, change = self._waiting(unit)
        return (
            AccountApplication.objects.filter(application).count()
            + PersonnelChangeFiling.objects.filter(change).count()
        )

    def carry(self, handover: Handover) -> int:
        """Move it to the successor."""
        application, change = self._waiting(handover.predecessor)
        filed = PersonnelChangeFiling.objects.filter(filed_with=handover.predecessor, completed_at=None)
        filed.update(filed_with=handover.successor)
        return AccountApplication.objects.filter(application).update(
            unit=handover.successor
        ) + PersonnelChangeFiling.objects.filter(change).update(unit=handover.successor)


class Files:
    """Private files: letters, contracts, rules."""

    label: Promise = _("files of the unit")

    def count(self, unit: Organization) -> int:
        """Files may stay with a closed unit."""
        return 0

    def carry(self, handover: Handover) -> int:
        """Let the successor's people open them."""
        return PrivateFile.objects.filter(unit_id=handover.predecessor.pk).update(
            unit_id=handover.successor.pk
        )


class Sharing:
    """Grants that let a unit read another one's library."""

    label: Promise = _("shared libraries")

    def count(self, unit: Organization) -> int:
        """A grant ends with its unit's content and readers; it keeps nobody from closing."""
        return 0

    def carry(self, handover: Handover) -> int:
        """End the predecessor's grants and give the same ones for the successor."""
        old, new, day = handover.predecessor, handover.successor, handover.day
        running = SharingGrant.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day))
        grants = list(running.filter(Q(owner=old) | Q(reader=old)).order_by("pk"))
        for grant in grants:
            owner = new if grant.owner_id == old.pk else grant.owner
            reader = new if grant.reader_id == old.pk else grant.reader
            if owner != reader:
                SharingGrant.objects.get_or_create(
                    owner=owner,
                    reader=reader,
                    starts_on=max(grant.starts_on, day),
                    defaults={
                        "ends_on": grant.ends_on,
                        "reason": grant.reason,
                        "granted_by_account_id": grant.granted_by_account_id,
                        "granted_at": grant.granted_at,
                    },
                )
            grant.ends_on = day - timedelta(days=1)
            grant.save(update_fields=["ends_on"])
        return len(grants)


def register() -> None:
    """Enter this room's carriers; the units below come first, so that paths are right for the others."""
    for name, carrier in _OWN.items():
        CARRIERS.register(f"organizations.{name}", carrier)


_OWN: dict[str, Carrier] = {
    "units": UnitsBelow(),
    "accounts": Accounts(),
    "roles": Roles(),
    "filings": OpenFilings(),
    "files": Files(),
    "sharing": Sharing(),
}
