"""Outsourcing: vendors, contracts, the people they name, and how the unit looks after them.

Source: GL 八(二)4; CQ (十七) (ORG-17).
"""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.organizations.registers.base import LONG, Due, NamedPerson, Register, RegisterEntry, add


class Verdict(models.TextChoices):
    """Result of examining a vendor."""

    SUITABLE = "suitable", _("suitable")
    WITH_CONDITIONS = "with_conditions", _("suitable with conditions")
    UNSUITABLE = "unsuitable", _("not suitable")


class Split(models.TextChoices):
    """Who does a sort of work."""

    IN_HOUSE = "in_house", _("in-house team")
    VENDOR = "vendor", _("vendor")
    SHARED = "shared", _("both together")


class SupervisionResult(models.TextChoices):
    """Result of looking after a contract."""

    GOOD = "good", _("as agreed")
    FAULTS = "faults", _("faults, to be mended")
    BREACH = "breach", _("breach of contract")


def _paragraph(label: object, *, blank: bool = False) -> "models.CharField[str, str]":
    return models.CharField(label, max_length=LONG, blank=blank)  # type: ignore[arg-type]  # a lazy text


class Vendor(RegisterEntry):
    """A firm that a unit examined before it lets work out."""

    name = models.CharField(_("vendor"), max_length=120)
    credit_code = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    qualification = _paragraph(_("qualification"))
    capability = _paragraph(_("service capability"))
    staff_quality = _paragraph(_("quality of staff"))
    management_rules = _paragraph(_("management rules"))
    response_hours = models.DecimalField(
        _("response within hours"), max_digits=6, decimal_places=1, validators=[MinValueValidator(0)]
    )
    emergency_plan = _paragraph(_("emergency plan"))
    examined_on = models.DateField(_("examined on"))
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("vendor")

    def __str__(self) -> str:
        return self.name


class OutsourcingContract(RegisterEntry):
    """What a vendor does for a unit, from when to when, and on which terms."""

    number = models.CharField(_("contract number"), max_length=60)
    title = models.CharField(_("title"), max_length=200)
    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="contracts", verbose_name=_("vendor"))
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    terminated_on = models.DateField(_("terminated early on"), null=True, blank=True)
    operations_by = models.CharField(_("operations by"), max_length=10, choices=Split)
    technology_by = models.CharField(_("technology by"), max_length=10, choices=Split)
    information_by = models.CharField(_("information and service by"), max_length=10, choices=Split)
    division = _paragraph(_("how the work is divided"))
    service_content = _paragraph(_("service content"))
    quality_terms = _paragraph(_("quality terms"))
    protection_terms = _paragraph(_("terms on protecting information"))

    class Meta(RegisterEntry.Meta):
        verbose_name = _("outsourcing contract")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "number"], condition=Q(struck_at=None), name="contract_number_once_per_unit"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="contract_ends_after_start",
                violation_error_message=_("The last day lies before the first. Correct one of them."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def last_day(self) -> date:
        """Last day on which it is live."""
        return min(self.ends_on, self.terminated_on or self.ends_on)


class ContractPerson(NamedPerson, RegisterEntry):
    """Somebody who works under a contract."""

    contract = models.ForeignKey(
        OutsourcingContract, models.PROTECT, related_name="persons", verbose_name=_("contract")
    )
    duty = models.CharField(_("duty"), max_length=120)
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("person of a contract")

    def __str__(self) -> str:
        return self.name


class Supervision(RegisterEntry):
    """One look at how the vendor keeps the contract."""

    contract = models.ForeignKey(
        OutsourcingContract, models.PROTECT, related_name="supervisions", verbose_name=_("contract")
    )
    held_on = models.DateField(_("day"))
    supervisor = models.CharField(_("supervised by"), max_length=60)
    result = models.CharField(_("result"), max_length=10, choices=SupervisionResult)
    observations = _paragraph(_("observations"))
    remedy = _paragraph(_("what is to be mended"), blank=True)
    next_on = models.DateField(_("next supervision"), null=True, blank=True)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("supervision")

    def __str__(self) -> str:
        return f"{self.held_on}"


def has_live_contract(person_id: int, day: date) -> bool:
    """Tell whether an outsourcing contract names the person and is live on `day`.

    Source: CQ (十七); GL 八(二)4 (ORG-09, ORG-17).
    """
    return person_id in get_persons_with_live_contract([person_id], day)


def get_persons_with_live_contract(person_ids: Collection[int], day: date) -> frozenset[int]:
    """Those of the persons whom a contract names that is live on `day`.

    A contract is live from its first to its last day, both included, unless it was
    terminated before or struck out; so is a person's time in it.

    Source: CQ (十七); GL 八(二)4 (ORG-09, ORG-17).
    """
    rows = ContractPerson.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=day),
        Q(ends_on=None) | Q(ends_on__gte=day),
        Q(contract__terminated_on=None) | Q(contract__terminated_on__gte=day),
        person__in=person_ids,
        struck_at=None,
        contract__struck_at=None,
        contract__starts_on__lte=day,
        contract__ends_on__gte=day,
    )
    return frozenset(rows.values_list("person", flat=True))


def _contract_refusals(contract: Any) -> Iterator[DomainError]:
    if contract.vendor.verdict == Verdict.UNSUITABLE and contract.pk is None:
        yield DomainError(
            _("The vendor was found not suitable."),
            fix=_("Examine it anew and enter the verdict, or choose another vendor."),
            field="vendor",
        )
    if contract.terminated_on and not contract.starts_on <= contract.terminated_on <= contract.ends_on:
        yield DomainError(
            _("A contract can only be terminated between its first and its last day."),
            fix=_("Correct the day of termination."),
            field="terminated_on",
        )


def _contract_findings(contract: OutsourcingContract) -> Iterator[str]:
    if not contract.persons.filter(struck_at=None).exists():
        yield gettext("No persons are named. Enter who works under the contract.")
    if not contract.supervisions.filter(struck_at=None).exists():
        yield gettext("The contract was never supervised. Enter a supervision record.")


def _contract_due(contract: OutsourcingContract) -> Due | None:
    if contract.terminated_on is not None:
        return None
    title = gettext("The contract “%(title)s” ends: renew it or close its accounts")
    return Due(title % {"title": contract.title}, contract.ends_on)


def _person_refusals(person: ContractPerson) -> Iterator[DomainError]:
    if person.starts_on and person.ends_on and person.ends_on < person.starts_on:
        yield DomainError(
            _("The last day lies before the first."), fix=_("Correct one of them."), field="ends_on"
        )


def _supervision_findings(supervision: Supervision) -> Iterator[str]:
    if supervision.result != SupervisionResult.GOOD and not supervision.remedy:
        yield gettext("It isn't said what is to be mended.")


_CLAUSE = "GL 八(二)4; CQ (十七)"
add(
    Register(
        key="vendors",
        label=_("Vendors"),
        entry_label=_("vendor"),
        model=Vendor,
        fields=(
            "name",
            "credit_code",
            "qualification",
            "capability",
            "staff_quality",
            "management_rules",
            "response_hours",
            "emergency_plan",
            "examined_on",
            "verdict",
        ),
        list_fields=("name", "credit_code", "response_hours", "examined_on", "verdict"),
        name_field="name",
        clause=_CLAUSE,
        help=_("Firms that were examined before work was let out to them."),
        has_files=True,
    )
)
add(
    Register(
        key="contracts",
        label=_("Outsourcing contracts"),
        entry_label=_("contract"),
        model=OutsourcingContract,
        fields=(
            "number",
            "title",
            "vendor",
            "starts_on",
            "ends_on",
            "terminated_on",
            "operations_by",
            "technology_by",
            "information_by",
            "division",
            "service_content",
            "quality_terms",
            "protection_terms",
        ),
        list_fields=("number", "title", "vendor", "starts_on", "ends_on", "terminated_on"),
        name_field="number",
        clause=_CLAUSE,
        help=_(
            "What vendors do, with persons, terms and supervision. Without a live contract no outsourced"
            " person holds an account."
        ),
        has_files=True,
        refusals=_contract_refusals,
        findings=_contract_findings,
        due=_contract_due,
    )
)
add(
    Register(
        key="contract-persons",
        label=_("Persons of contracts"),
        entry_label=_("person"),
        model=ContractPerson,
        fields=("name", "employee_number", "duty", "starts_on", "ends_on"),
        list_fields=("name", "contract", "duty", "starts_on", "ends_on"),
        name_field="name",
        clause=_CLAUSE,
        help=_("Who works under a contract, and for how long."),
        parent="contract",
        is_top_level=False,
        refusals=_person_refusals,
    )
)
add(
    Register(
        key="supervisions",
        label=_("Supervision of contracts"),
        entry_label=_("supervision record"),
        model=Supervision,
        fields=("held_on", "supervisor", "result", "observations", "remedy", "next_on"),
        list_fields=("held_on", "contract", "supervisor", "result", "next_on"),
        name_field="id",
        clause=_CLAUSE,
        help=_("How vendors keep their contracts."),
        parent="contract",
        is_top_level=False,
        has_files=True,
        year_field="held_on",
        findings=_supervision_findings,
    )
)
