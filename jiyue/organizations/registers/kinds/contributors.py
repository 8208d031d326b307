"""Contributors (信息员、联络员) and the ledger of their remuneration (劳动报酬、稿费).

Source: CQ (十八) (ORG-16).
"""

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.registers.base import EDITORS, LEADERS, NamedPerson, Register, RegisterEntry, add
from jiyue.organizations.registers.sums import exact


class ContributorKind(models.TextChoices):
    """What a contributor does for the unit."""

    INFORMATION_OFFICER = "information_officer", _("information officer")
    LIAISON_OFFICER = "liaison_officer", _("liaison officer")


class Contributor(NamedPerson, RegisterEntry):
    """A person who supplies information for a unit, from day to day."""

    kind = models.CharField(_("kind of contributor"), max_length=30, choices=ContributorKind)
    section = models.CharField(_("section"), max_length=60, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("contributor")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="contributor_ends_after_start",
                violation_error_message=_("The last day lies before the first. Correct one of them."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Remuneration(RegisterEntry):
    """What a contributor was paid for a month; a mistake is put right by a further entry. Append-only."""

    contributor = models.ForeignKey(
        Contributor, models.PROTECT, related_name="remunerations", verbose_name=_("contributor")
    )
    period = models.CharField(
        _("month"),
        max_length=7,
        help_text=_("As 2026-11."),
        validators=[RegexValidator(r"^20\d\d-(0[1-9]|1[0-2])$", _("Write the month as 2026-11."))],
    )
    amount = models.DecimalField(
        _("amount in yuan"),
        max_digits=12,
        decimal_places=2,
        help_text=_("A correction may be negative."),
    )
    item_count = models.PositiveIntegerField(_("items paid for"), default=0)
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name=_("corrects entry"),
    )
    remark = models.CharField(_("remark"), max_length=300, blank=True)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("remuneration")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(corrects__isnull=False, amount__lt=0),
                name="remuneration_negative_only_as_correction",
                violation_error_message=_(
                    "The amount must be more than zero; only a correction may take something back."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} ({self.period}, {self.amount})"


def _remuneration_refusals(entry: Remuneration) -> Iterator[DomainError]:
    corrected = entry.corrects
    if corrected is None:
        return
    if corrected.corrects_id is not None:
        yield DomainError(
            _("This entry is itself a correction."), fix=_("Correct the first entry."), field="corrects"
        )
    if corrected.period != entry.period:
        yield DomainError(
            _("A correction belongs to the month of the entry it corrects (%(month)s).")
            % {"month": corrected.period},
            fix=_("Write that month."),
            field="period",
        )
    if not entry.remark:
        yield DomainError(_("The reason for the correction is missing."), fix=_("Write why."), field="remark")
    corrections = Remuneration.objects.filter(corrects=corrected)
    made = exact(corrections.aggregate(sum=Sum("amount"))["sum"])
    if corrected.amount + made + entry.amount < 0:
        yield DomainError(
            _("With this correction less than nothing would have been paid."),
            fix=_("Take back at most %(amount)s yuan.") % {"amount": corrected.amount + made},
            field="amount",
        )


def get_remuneration_totals(unit_ids: Collection[int], year: int) -> dict[int, Decimal]:
    """Yuan paid per contributor in a year, corrections included.

    Source: CQ (十八) (ORG-16).
    """
    rows = Remuneration.objects.filter(unit__in=unit_ids, period__startswith=f"{year:04d}-")
    return {pk: exact(sum_) for pk, sum_ in rows.values_list("contributor").annotate(Sum("amount"))}


add(
    Register(
        key="contributors",
        label=_("Contributors"),
        entry_label=_("contributor"),
        model=Contributor,
        fields=("name", "employee_number", "kind", "section", "phone", "starts_on", "ends_on"),
        list_fields=("name", "kind", "section", "phone", "starts_on", "ends_on"),
        name_field="name",
        clause="CQ (十八)",
        help=_("Information officers and liaison officers of the unit."),
    )
)
add(
    Register(
        key="remunerations",
        label=_("Remuneration ledger"),
        entry_label=_("payment"),
        model=Remuneration,
        fields=("period", "amount", "item_count", "corrects", "remark"),
        list_fields=("contributor", "period", "amount", "item_count", "corrects", "remark"),
        name_field="id",
        clause="CQ (十八)",
        help=_("What contributors are paid per month. Entries are never changed but corrected by others."),
        parent="contributor",
        own_references=("corrects",),
        editor_roles=EDITORS,
        reader_roles=EDITORS | LEADERS | {StaffRole.INSPECTOR},
        is_append_only=True,
        total_fields=("amount", "item_count"),
        year_field="period",
        refusals=_remuneration_refusals,
    )
)
