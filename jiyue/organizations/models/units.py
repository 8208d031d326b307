"""The tree of units, which rules apply to them, and how reforms change them."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import ReformKind, UnitKind, UnitLevel, UnitStatus
from jiyue.policy.selectors import ProfileReference


class Organization(models.Model):
    """A government body on the platform (ORG-01).

    Two relations are stored apart: the supervising unit at the same level and
    the superior unit of the same system. The tree in which administration and
    rules are inherited goes to the supervising unit, and where none is named to
    the superior one; `path` holds it and is kept by the services.
    """

    code = models.CharField(_("unit code"), max_length=18, unique=True)  # heads the unit's index numbers
    name = models.CharField(_("name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    level = models.CharField(_("level"), max_length=30, choices=UnitLevel)
    kind = models.CharField(_("kind"), max_length=30, choices=UnitKind)
    superior = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="subordinates",
        verbose_name=_("superior unit of the same system"),
    )
    supervising_unit = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="supervised_units",
        verbose_name=_("supervising unit at the same level"),
    )
    path = models.CharField(max_length=255, unique=True)  # "/<code of the root>/…/<own code>/"
    status = models.CharField(_("status"), max_length=10, choices=UnitStatus, default=UnitStatus.ACTIVE)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(path__startswith="/", path__endswith="/"), name="unit_has_path"
            ),
            models.CheckConstraint(condition=~Q(superior=F("id")), name="unit_not_its_superior"),
            models.CheckConstraint(condition=~Q(supervising_unit=F("id")), name="unit_not_its_supervisor"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tree_parent(self) -> "Organization | None":
        """The unit above in the tree of administration and rules."""
        return self.supervising_unit or self.superior

    @property
    def path_codes(self) -> list[str]:
        """Codes from the root down to the unit itself."""
        return self.path.strip("/").split("/")

    @property
    def rule_key(self) -> str:
        """Its place in the tree: the rules follow from it."""
        return self.path

    def get_rule_reference(self, on: date) -> ProfileReference | None:
        """The policy profile assigned to the unit or to the nearest unit above it (PROF-02).

        One query. A blank assignment says: as the unit above.

        Args:
            on: Day; what takes effect later doesn't count.
        """
        codes = self.path_codes
        prefixes = [f"/{'/'.join(codes[:depth])}/" for depth in range(1, len(codes) + 1)]
        rows = (
            ProfileAssignment.objects.filter(unit__path__in=prefixes, effective_on__lte=on)
            .order_by("effective_on", "pk")
            .values_list("unit__path", "profile", "is_strictest")
        )
        latest = {path: (profile, is_strictest) for path, profile, is_strictest in rows}
        for path in sorted(latest, key=len, reverse=True):
            profile, is_strictest = latest[path]
            if profile:
                return ProfileReference(profile, is_strictest)
        return None


class ProfileAssignment(models.Model):
    """Which policy profile applies to a unit's subtree from a day on (PROF-02). Append-only."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="profile_assignments")
    profile = models.CharField(_("policy profile"), max_length=40, blank=True)  # blank: as the unit above
    is_strictest = models.BooleanField(_("the stricter of local and national value"), default=False)
    effective_on = models.DateField(_("effective on"))
    change_id = models.BigIntegerField(null=True)  # the two-person change; null for the first set-up
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.profile}"


class UnitReform(models.Model):
    """One reform: which units became which others, on whose order (机构改革). Append-only."""

    kind = models.CharField(_("kind"), max_length=10, choices=ReformKind)
    effective_on = models.DateField(_("effective on"))
    basis = models.CharField(_("basis"), max_length=300)  # number and title of the order
    carried = models.JSONField(default=dict)  # what was carried along, counted by room
    change_id = models.BigIntegerField(null=True)  # the two-person change that ordered it
    actor_account_id = models.BigIntegerField(null=True)
    carried_out_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["change_id"], condition=Q(change_id__isnull=False), name="reform_once_per_change"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.effective_on}"


class UnitSuccession(models.Model):
    """One line of a reform: what was one unit's is another's now. Append-only."""

    reform = models.ForeignKey(UnitReform, models.PROTECT, related_name="successions")
    predecessor = models.ForeignKey(Organization, models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Organization, models.PROTECT, related_name="preceding")

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


class SharingGrant(models.Model):
    """One unit may read another one's library for a time (ORG-04)."""

    owner = models.ForeignKey(
        Organization, models.PROTECT, related_name="sharing_given", verbose_name=_("unit that shares")
    )
    reader = models.ForeignKey(
        Organization, models.PROTECT, related_name="sharing_received", verbose_name=_("unit that may read")
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    granted_by_account_id = models.BigIntegerField()
    granted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "reader", "starts_on"], name="sharing_once"),
            models.CheckConstraint(condition=~Q(owner=F("reader")), name="sharing_two_units"),
        ]
        indexes: ClassVar = [models.Index(fields=["reader", "owner"], name="sharing_by_reader")]

    def __str__(self) -> str:
        return f"{self.owner_id} → {self.reader_id}"
