"""Co-regulators, the cases shared with them, and what they tell each other (ORG-03)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core.models import PrivateFile
from jiyue.organizations.enums import UnitLevel
from jiyue.organizations.models import Organization, Person, StaffAccount


class RegulatorKind(models.TextChoices):
    """Which office it is (协同监管单位)."""

    PROPAGANDA = "propaganda", _("propaganda")
    CYBERSPACE = "cyberspace", _("cyberspace administration")
    STAFFING = "staffing", _("staffing office")
    TELECOM = "telecom", _("telecom administration")
    PUBLIC_SECURITY = "public_security", _("public security")


class MatterKind(models.TextChoices):
    """What a case is about."""

    LOGO = "logo", _("site mark")
    DOMAIN = "domain", _("domain name")
    ICP = "icp", _("ICP filing")
    CLASSIFIED_PROTECTION = "protection", _("classified protection")
    FAKE_SITE = "fake_site", _("fake site")
    INCIDENT = "incident", _("security incident")


class CoRegulator(models.Model):
    """An office that watches over websites together with the platform, at one level."""

    kind = models.CharField(_("kind"), max_length=20, choices=RegulatorKind)
    level = models.CharField(_("level"), max_length=30, choices=UnitLevel)
    unit = models.ForeignKey(
        Organization, models.PROTECT, related_name="co_regulators", verbose_name=_("unit")
    )
    is_active = models.BooleanField(_("takes part"), default=True)
    registered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "level", "unit"], condition=Q(is_active=True), name="co_regulator_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.unit}"


class CoRegulationCase(models.Model):
    """A matter that several offices deal with together."""

    kind = models.CharField(_("kind"), max_length=20, choices=MatterKind)
    title = models.CharField(_("title"), max_length=200)
    unit = models.ForeignKey(
        Organization, models.PROTECT, related_name="co_regulation_cases", verbose_name=_("unit")
    )
    opened_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.TextField(_("outcome"), blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["unit", "-id"], name="co_case_by_unit")]

    def __str__(self) -> str:
        return self.title


class CaseShare(models.Model):
    """A case is shown to one co-regulator from now on. Append-only."""

    case = models.ForeignKey(CoRegulationCase, models.PROTECT, related_name="shares")
    co_regulator = models.ForeignKey(CoRegulator, models.PROTECT, related_name="shares")
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    shared_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "co_regulator"], name="co_case_shared_once")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.co_regulator_id}"


class CaseMessage(models.Model):
    """What somebody told the others, or what was done together. Append-only."""

    case = models.ForeignKey(CoRegulationCase, models.PROTECT, related_name="messages")
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    body = models.TextField(_("message"))
    attachment = models.ForeignKey(PrivateFile, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            # which case a private file belongs to
            models.Index(
                fields=["attachment"], condition=Q(attachment__isnull=False), name="co_message_file"
            ),
        ]
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.person_id}"
