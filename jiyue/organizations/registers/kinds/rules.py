"""Register of institutional rules (制度登记): versioned files with review dates.

Source: HT 一¶4; HT 附件(组织保障); GL 七(三)2; CQ (五) (ORG-15).
"""

from collections.abc import Collection, Iterator

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import StaffRole, UnitStatus
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.base import EDITORS, Due, Register, RegisterEntry, RegisterFile, add


class RuleKind(models.TextChoices):
    """Rules that every unit needs."""

    INFORMATION_UPDATE = "information_update", _("responsibility for updating information")
    SECRECY_REVIEW = "secrecy_review", _("secrecy review before publication")
    SECURITY = "security", _("security rules and operating procedures")
    CONTENT_AND_TECHNOLOGY = "content_and_technology", _("content and technical work")


class InstitutionalRule(RegisterEntry):
    """One rule of a unit; its versions are the files of the entry."""

    kind = models.CharField(_("kind of rule"), max_length=30, choices=RuleKind)
    title = models.CharField(_("title"), max_length=200)
    document_number = models.CharField(_("document number"), max_length=60, blank=True)
    adopted_on = models.DateField(_("adopted on"))
    review_on = models.DateField(_("next review"))
    repealed_on = models.DateField(_("repealed on"), null=True, blank=True)

    class Meta(RegisterEntry.Meta):
        verbose_name = _("institutional rule")

    def __str__(self) -> str:
        return self.title


def _has_file() -> Exists:
    return Exists(RegisterFile.objects.filter(register="rules", entry_id=OuterRef("pk")))


def _findings(rule: InstitutionalRule) -> Iterator[str]:
    if (
        rule.struck_at is None
        and not RegisterFile.objects.filter(register="rules", entry_id=rule.pk).exists()
    ):
        yield gettext("The text of the rule is missing. Add its file; until then the rule doesn't count.")


def _due(rule: InstitutionalRule) -> Due | None:
    if rule.repealed_on is not None:
        return None
    return Due(gettext("Review the rule “%(title)s”") % {"title": rule.title}, rule.review_on)


def get_missing_rule_kinds(unit_ids: Collection[int]) -> dict[int, list[RuleKind]]:
    """Kinds of rules that each unit lacks; units that have all are left out.

    A rule counts while it is neither struck out nor repealed and its text is on file.

    Source: HT 附件(组织保障): no rules, points off (ORG-15).
    """
    present = set(
        InstitutionalRule.objects.filter(
            _has_file(), unit__in=unit_ids, struck_at=None, repealed_on=None
        ).values_list("unit_id", "kind")
    )
    missing = {unit: [kind for kind in RuleKind if (unit, kind.value) not in present] for unit in unit_ids}
    return {unit: kinds for unit, kinds in missing.items() if kinds}


def _overview(unit_ids: Collection[int]) -> Iterator[str]:
    missing = get_missing_rule_kinds(unit_ids)
    for unit in Organization.objects.filter(pk__in=missing, status=UnitStatus.ACTIVE).order_by("path"):
        kinds = gettext(", ").join(str(kind.label) for kind in missing[unit.pk])
        yield gettext("%(unit)s has no rules on: %(kinds)s.") % {"unit": unit.name, "kinds": kinds}


add(
    Register(
        key="rules",
        label=_("Institutional rules"),
        entry_label=_("rule"),
        model=InstitutionalRule,
        fields=("kind", "title", "document_number", "adopted_on", "review_on", "repealed_on"),
        list_fields=("title", "kind", "document_number", "adopted_on", "review_on"),
        name_field="title",
        clause="HT 一¶4; HT 附件(组织保障); GL 七(三)2; CQ (五)",
        help=_("The unit's own rules with every version of their text and the date of the next review."),
        editor_roles=EDITORS | {StaffRole.GENERAL_OWNER, StaffRole.SECURITY_OWNER},
        has_files=True,
        findings=_findings,
        overview=_overview,
        due=_due,
    )
)
