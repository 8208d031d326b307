"""Sites, their channel trees, and who answers for them."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.sites.enums import ContentClass, SiteRoleName, SiteType

_KEY = RegexValidator(r"^[a-z][a-z0-9-]{1,39}\Z", _("Lower-case letters, digits and hyphens only."))
_PATH = RegexValidator(
    r"^[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*\Z", _("Lower-case letters, digits, hyphens and / only.")
)
_COLOUR = RegexValidator(r"^#[0-9a-f]{6}\Z", _("A colour is written as # and six digits."))


class Site(models.Model):
    """One government website (SITE-01); header and footer data are PUB-12 and PUB-13."""

    key = models.CharField(max_length=40, unique=True, validators=[_KEY])
    name = models.CharField(_("name"), max_length=100)
    site_type = models.CharField(_("type"), max_length=20, choices=SiteType)
    host = models.CharField(_("host name"), max_length=253, unique=True)
    port = models.PositiveIntegerField(_("port of the embedded server"), unique=True, null=True, blank=True)
    base_url = models.CharField(_("canonical address"), max_length=300)
    contact = models.CharField(_("contact"), max_length=200)
    identity_code = models.CharField(_("site identity code"), max_length=20)
    icp_filing = models.CharField(_("ICP filing"), max_length=60)
    psb_filing = models.CharField(_("public-security filing"), max_length=60)
    technical_supporter = models.CharField(_("technical supporter"), max_length=100)
    accent = models.CharField(_("accent colour"), max_length=7, validators=[_COLOUR])
    logo_svg = models.TextField(_("site mark (SVG)"))
    badge_svg = models.TextField(_("official-site badge (SVG)"))
    theme = models.CharField(_("theme"), max_length=40, default="plain")

    def __str__(self) -> str:
        return self.name


class Channel(models.Model):
    """Node of a site's column tree (CHAN-01)."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="channels")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    key = models.CharField(max_length=40, validators=[_KEY])
    name = models.CharField(_("name"), max_length=60)
    path = models.CharField(_("address path"), max_length=120, validators=[_PATH])
    content_class = models.CharField(_("content class"), max_length=20, choices=ContentClass)
    position = models.PositiveIntegerField(_("position among its siblings"), default=0)
    home_position = models.PositiveIntegerField(_("position on the home page"), null=True, blank=True)
    contributors = models.ManyToManyField(
        Organization, related_name="contributed_channels", blank=True, verbose_name=_("contributing units")
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "path"], name="channel_path_once_per_site"),
            models.UniqueConstraint(fields=["site", "key"], name="channel_key_once_per_site"),
            models.CheckConstraint(
                condition=~Q(path__in=["search", "correction", "comment", "media", "assets", "views"]),
                name="channel_path_not_reserved",
            ),
        ]
        ordering: ClassVar = ["site_id", "position", "id"]

    def __str__(self) -> str:
        return f"{self.site.name} / {self.name}"


class SiteRole(models.Model):
    """What a unit is for a site, from the start day up to and including the end day (ORG-02)."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="roles")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="site_roles", verbose_name=_("unit"))
    role = models.CharField(_("role"), max_length=20, choices=SiteRoleName)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "unit", "role", "starts_on"], name="site_role_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="site_role_ends_after_start"
            ),
            # of these there is one at a time; sponsors may be several (CQ 页脚)
            models.UniqueConstraint(
                fields=["site", "role"],
                condition=Q(ends_on=None, role__in=["supervising_unit", "operator"]),
                name="site_role_one_holder",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "role"], name="site_role_by_unit")]
        ordering: ClassVar = ["role", "starts_on", "id"]

    def __str__(self) -> str:
        return f"{self.site_id} {self.role} {self.unit_id}"


class ChannelOwner(models.Model):
    """Who answers for a channel's topics, publishing and quality, from day to day (ORG-06)."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="owners")
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="owned_channels", verbose_name=_("person")
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "person", "starts_on"], name="channel_owner_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="channel_owner_ends_after_start",
            ),
        ]
        ordering: ClassVar = ["starts_on", "id"]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.person_id}"


class MourningPeriod(models.Model):
    """A site's pages in grey from one moment to another; ended early, it ends when that was done."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="mourning_periods", verbose_name=_("site"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("up to"))
    reason = models.CharField(_("reason"), max_length=300)
    ordered_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    ended_by = models.ForeignKey(StaffAccount, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="mourning_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None, ended_at=None) | Q(ended_by__isnull=False, ended_at__isnull=False),
                name="mourning_ended_by_somebody",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["site", "ends_at"], name="mourning_of_site")]
        ordering: ClassVar = ["-starts_at", "-id"]

    def __str__(self) -> str:
        return f"{self.site_id} {self.starts_at:%Y-%m-%d %H:%M}"
