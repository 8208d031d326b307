from django.db import models
from django.utils.translation import gettext_lazy as _


class SiteType(models.TextChoices):
    """Kind of website (SITE-01)."""

    PORTAL = "portal", _("portal site")
    DEPARTMENT = "department", _("department site")
    SUBSITE = "subsite", _("sub-site")
    FOREIGN = "foreign", _("foreign-language edition")
    SPECIAL_LEGACY = "special_legacy", _("legacy special site")


class ContentClass(models.TextChoices):
    """What a channel carries (CHAN-01)."""

    DYNAMIC = "dynamic", _("dynamic")
    POLICY = "policy", _("policy documents")
    DISCLOSURE = "disclosure", _("disclosure")
    OTHER = "other", _("other")
    STATIC = "static", _("static")
    INTERACTION = "interaction", _("interaction")
    SERVICE = "service", _("service")
    DATA = "data", _("data")


class SiteRoleName(models.TextChoices):
    """What a unit is for a site (ORG-02)."""

    SUPERVISING_UNIT = "supervising_unit", _("supervising unit")
    SPONSOR = "sponsor", _("sponsor")
    OPERATOR = "operator", _("operator")
    CONTENT_PROVIDER = "content_provider", _("content provider")
    USING_UNIT = "using_unit", _("using unit")
    PLATFORM_MANAGER = "platform_manager", _("platform manager of the site")


# One holder at a time; without an operator the sponsor operates (GL 二(二)1-2).
SINGLE_ROLES = frozenset({SiteRoleName.SUPERVISING_UNIT, SiteRoleName.OPERATOR})
# Whoever administers a unit with one of these says who has which role on the site.
GOVERNING_ROLES = frozenset(
    {SiteRoleName.SUPERVISING_UNIT, SiteRoleName.SPONSOR, SiteRoleName.PLATFORM_MANAGER}
)
