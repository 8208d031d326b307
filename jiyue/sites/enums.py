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
