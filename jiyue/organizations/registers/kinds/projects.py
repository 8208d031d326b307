"""Projects and yearly costs: what is built and run, with whose money, bought how.

Source: GL 八(二)4; NT 28; CQ (十八) (ORG-18).
"""

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.organizations.registers.base import LONG, Register, RegisterEntry, add
from jiyue.organizations.registers.sums import exact


class Procedure(models.TextChoices):
    """How something under government procurement is bought."""

    OPEN_TENDER = "open_tender", _("open tender")
    INVITED_TENDER = "invited_tender", _("invited tender")
    NEGOTIATION = "negotiation", _("competitive negotiation")
    CONSULTATION = "consultation", _("competitive consultation")
    INQUIRY = "inquiry", _("price inquiry")
    SINGLE_SOURCE = "single_source", _("single source")
    FRAMEWORK = "framework", _("framework agreement")


class Stage(models.TextChoices):
    """Where a project stands."""

    REQUIREMENT = "requirement", _("requirement")
    APPROVED = "approved", _("approved")
    TENDERED = "tendered", _("tendered")
    IN_PROGRESS = "in_progress", _("in progress")
    ACCEPTED = "accepted", _("accepted")
    STOPPED = "stopped", _("stopped")


class CostKind(models.TextChoices):
    """What yearly money is for."""

    CONTENT = "content", _("content support")
    OPERATION = "operation", _("operation and maintenance")
    MONITORING = "monitoring", _("monitoring")
    EVALUATION = "evaluation", _("evaluation")
    TRAINING = "training", _("training")


NEEDS_PROCEDURE = frozenset({Stage.TENDERED, Stage.IN_PROGRESS, Stage.ACCEPTED})


def _yuan(label: object) -> "models.DecimalField[Decimal, Decimal]":
    return models.DecimalField(
        label,  # type: ignore[arg-type]  # a lazy text
        max_digits=14,
        decimal_places=2,
        default=Decimal("0.00"),
        validators=[MinValueValidator(Decimal(0))],
    )


class Project(RegisterEntry):
    """A project from the requirement to its acceptance; documents are the files of the entry."""

    number = models.CharField(_("project number"), max_length=60)
    title = models.CharField(_("title"), max_length=200)
    stage = models.CharField(_("stage"), max_length=20, choices=Stage, default=Stage.REQUIREMENT)
    budget = _yuan(_("budget in yuan"))
    requirement = models.CharField(_("requirement"), max_length=LONG)
    approval_number = models.CharField(_("number of the approval"), max_length=60, blank=True)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    is_procurement = models.BooleanField(
        _("falls under government procurement"),
        default=True,
        help_text=_("Everything that must be bought that way is bought that way."),
    )
    procedure = models.CharField(_("procedure used"), max_length=20, choices=Procedure, blank=True)
    tender = models.CharField(_("tender and award"), max_length=LONG, blank=True)
    progress_percent = models.PositiveSmallIntegerField(
        _("progress in percent"), default=0, validators=[MaxValueValidator(100)]
    )
    quality = models.CharField(_("quality"), max_length=LONG, blank=True)
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True)
    acceptance = models.CharField(_("result of the acceptance"), max_length=LONG, blank=True)
    funding_rules = models.CharField(_("rules for managing the funds"), max_length=LONG, blank=True)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("project")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "number"], condition=Q(struck_at=None), name="project_number_once_per_unit"
            ),
            models.CheckConstraint(condition=Q(progress_percent__lte=100), name="project_progress_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class CostLine(RegisterEntry):
    """What one kind of work costs a unit in a year."""

    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(2000), MaxValueValidator(2199)]
    )
    kind = models.CharField(_("kind of cost"), max_length=20, choices=CostKind)
    title = models.CharField(_("what for"), max_length=200)
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="cost_lines", verbose_name=_("project")
    )
    planned = _yuan(_("requested in yuan"))
    granted = _yuan(_("granted in yuan"))
    spent = _yuan(_("spent in yuan"))
    source = models.CharField(_("source of the money"), max_length=120, blank=True)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("cost line")

    def __str__(self) -> str:
        return f"{self.year} {self.title}"


def list_projects_without_procedure(unit_ids: Collection[int]) -> QuerySet[Project]:
    """Projects under government procurement that were let without a stated procedure.

    Source: CQ (十八) 应采尽采 (ORG-18).
    """
    return Project.objects.filter(
        unit__in=unit_ids, struck_at=None, is_procurement=True, procedure="", stage__in=NEEDS_PROCEDURE
    ).order_by("unit__path", "number")


def get_cost_totals(unit_ids: Collection[int], year: int) -> dict[str, dict[str, Decimal]]:
    """Yuan requested, granted and spent in a year by kind of cost; kinds without lines are left out.

    Source: CQ (十八); NT 28 (ORG-18).
    """
    rows = CostLine.objects.filter(unit__in=unit_ids, year=year, struck_at=None)
    sums = rows.values("kind").annotate(planned=Sum("planned"), granted=Sum("granted"), spent=Sum("spent"))
    return {
        row["kind"]: {name: exact(row[name]) for name in ("planned", "granted", "spent")}
        for row in sums.order_by("kind")
    }


def _project_refusals(project: Project) -> Iterator[DomainError]:
    needed = {
        Stage.APPROVED: ("approved_on",),
        Stage.ACCEPTED: ("accepted_on", "acceptance"),
    }.get(Stage(project.stage), ())
    for name in needed:
        if not getattr(project, name):
            yield DomainError(
                _("At this stage the field can't be empty."),
                fix=_("Fill it in, or set the project back to an earlier stage."),
                field=name,
            )


def _project_findings(project: Project) -> Iterator[str]:
    if project.is_procurement and not project.procedure and project.stage in NEEDS_PROCEDURE:
        yield gettext(
            "Falls under government procurement, but the procedure isn't stated. Enter the procedure used."
        )
    if project.stage != Stage.REQUIREMENT and not project.funding_rules:
        yield gettext("The rules for managing the funds aren't stated.")


def _overview(unit_ids: Collection[int]) -> Iterator[str]:
    for project in list_projects_without_procedure(unit_ids).select_related("unit")[:50]:
        yield gettext("%(unit)s: the procurement procedure of “%(project)s” isn't stated.") % {
            "unit": project.unit.name,
            "project": project,
        }


_CLAUSE = "GL 八(二)4; NT 28; CQ (十八)"
add(
    Register(
        key="projects",
        label=_("Projects"),
        entry_label=_("project"),
        model=Project,
        fields=(
            "number",
            "title",
            "stage",
            "budget",
            "requirement",
            "approval_number",
            "approved_on",
            "is_procurement",
            "procedure",
            "tender",
            "progress_percent",
            "quality",
            "accepted_on",
            "acceptance",
            "funding_rules",
        ),
        list_fields=("number", "title", "stage", "budget", "procedure", "progress_percent"),
        name_field="number",
        clause=_CLAUSE,
        help=_("Projects from the requirement over tender and progress to acceptance, with their documents."),
        has_files=True,
        total_fields=("budget",),
        refusals=_project_refusals,
        findings=_project_findings,
        overview=_overview,
    )
)
add(
    Register(
        key="costs",
        label=_("Yearly costs"),
        entry_label=_("cost line"),
        model=CostLine,
        fields=("year", "kind", "title", "project", "planned", "granted", "spent", "source"),
        list_fields=("year", "kind", "title", "project", "planned", "granted", "spent"),
        name_field="title",
        clause=_CLAUSE,
        help=_(
            "Yearly costs of content, operation, monitoring, evaluation and training, for the budget request."
        ),
        total_fields=("planned", "granted", "spent"),
        group_field="kind",
        year_field="year",
    )
)
