"""What all registers have in common: the row, its files, and the description of one register."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.core.models import PrivateFile
from jiyue.core.registries import Registry
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, Person

LONG = 2_000  # characters of a paragraph in a register
EDITORS = frozenset({StaffRole.ENTRY_CLERK, StaffRole.INFORMATION_OFFICER})
LEADERS = frozenset({StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER, StaffRole.GENERAL_OWNER})


class RegisterEntry(models.Model):
    """One row of a register; it belongs to one unit and is never deleted."""

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name=_("unit"))
    version = models.PositiveIntegerField(default=1)  # counts the changes: two people at once are noticed
    entered_at = models.DateTimeField(_("entered"))
    changed_at = models.DateTimeField(_("last changed"))
    struck_at = models.DateTimeField(_("struck out"), null=True, blank=True)
    struck_reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        abstract = True
        indexes: ClassVar = [models.Index(fields=["unit", "-id"])]


class NamedPerson(models.Model):
    """Somebody named in a register; where the platform knows the person, the row is linked."""

    name = models.CharField(_("name of the person"), max_length=60)
    employee_number = models.CharField(
        _("employee number"),
        max_length=40,
        blank=True,
        help_text=_("Links the row to the person whom the platform knows; needed for namesakes."),
    )
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True


class RegisterFile(models.Model):
    """A file of an entry: one version, kept for good. Append-only."""

    register = models.CharField(max_length=40)
    entry_id = models.BigIntegerField()
    title = models.CharField(_("title"), max_length=200)
    number = models.PositiveIntegerField(_("version"))  # counts the files of one title
    file = models.OneToOneField(PrivateFile, models.PROTECT, related_name="register_file")
    note = models.CharField(_("what changed"), max_length=300, blank=True)
    added_by = models.CharField(_("added by"), max_length=60)
    added_at = models.DateTimeField(_("added"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["register", "entry_id", "title", "number"], name="register_file_version_once"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="register_file_version_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.register}:{self.entry_id} {self.title} {self.number}"


@dataclass(frozen=True)
class Due:
    """Something that an entry makes the unit owe: a review, a renewal.

    Attributes:
        title: What is to be done, in one line.
        on: Last day for it.
    """

    title: str
    on: date


def no_refusals(_entry: Any) -> Iterable[DomainError]:
    """For registers without rules beyond those of their fields."""
    return ()


def no_findings(_entry: Any) -> Iterable[str]:
    """For registers in which nothing can be wanting."""
    return ()


def nothing_wanting(_unit_ids: Collection[int]) -> Iterable[str]:
    """For registers that no unit must have."""
    return ()


def nothing_due(_entry: Any) -> Due | None:
    """For registers without dates to keep."""
    return None


@dataclass(frozen=True)
class Register:
    """Everything that lists, forms, imports and exports need to know of one register.

    Attributes:
        key: Part of the address; stable.
        label: Name of the register.
        entry_label: One entry of it.
        model: Its rows.
        fields: Fields of form and file, in order; `unit` and the parent stand apart.
        list_fields: Fields of the list.
        name_field: Field by which a row of a file names an entry of this register.
        clause: Where the regulation asks for it.
        help: What it is for, in one or two sentences.
        parent: Field that points to the entry of another register to which a row belongs.
        own_references: Fields that point to other entries of the same parent.
        editor_roles: Who in the unit may enter and change; administrators of the subtree may besides.
        reader_roles: Who in the unit may read; `None` for every role.
        is_append_only: Rows are corrected by further rows, never changed.
        has_files: Whether entries carry files.
        is_top_level: Stands in the list of registers; otherwise reached from its parent only.
        total_fields: Decimal and whole fields that lists and files add up.
        group_field: Choice by which the totals are broken down.
        year_field: Field (a year or a date) by which lists and files are narrowed.
        refusals: Rules of a whole entry, asked before it is stored.
        findings: What is wanting in a stored entry, for people to mend.
        overview: What is wanting in the register of each of the given units.
        due: What the entry makes the unit owe.
    """

    key: str
    label: Promise
    entry_label: Promise
    model: Any
    fields: tuple[str, ...]
    list_fields: tuple[str, ...]
    name_field: str
    clause: str
    help: Promise
    parent: str = ""
    own_references: tuple[str, ...] = ()
    editor_roles: frozenset[StaffRole] = EDITORS
    reader_roles: frozenset[StaffRole] | None = None
    is_append_only: bool = False
    has_files: bool = False
    is_top_level: bool = True
    total_fields: tuple[str, ...] = ()
    group_field: str = ""
    year_field: str = ""
    refusals: Callable[[Any], Iterable[DomainError]] = no_refusals
    findings: Callable[[Any], Iterable[str]] = no_findings
    overview: Callable[[Collection[int]], Iterable[str]] = nothing_wanting
    due: Callable[[Any], Due | None] = nothing_due

    def subject_id(self, entry_id: int) -> str:
        """Name of an entry in the audit trail and in clocks."""
        return f"{self.key}:{entry_id}"

    def field(self, name: str) -> Any:
        """The model's field."""
        return self.model._meta.get_field(name)

    def children(self) -> list["Register"]:
        """Registers whose rows belong to an entry of this one."""
        return [
            register
            for _key, register in REGISTERS
            if register.parent and register.field(register.parent).related_model is self.model
        ]

    @property
    def parent_register(self) -> "Register | None":
        """The register to whose entries the rows belong."""
        return register_of(self.field(self.parent).related_model) if self.parent else None


REGISTERS: Registry[Register] = Registry("registers")


def register_of(model: Any) -> Register:
    """The register of a model.

    Raises:
        LookupError: It has none.
    """
    for _key, register in REGISTERS:
        if register.model is model:
            return register
    raise LookupError(f"{model.__name__} is no register")


def add(register: Register) -> Register:
    """Register a register."""
    return REGISTERS.register(register.key, register)
