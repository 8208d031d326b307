from django.db import models
from django.utils.translation import gettext_lazy as _


class Taxonomy(models.TextChoices):
    """Controlled vocabularies of the library (LIB-05)."""

    SUBJECT = "subject", _("subject categories")
    GENRE = "genre", _("genres")
    AUDIENCE = "audience", _("service audiences")
    REGION = "region", _("regions")
    DEPARTMENT = "department", _("issuing bodies")


# Content field → the vocabulary that its value comes from.
TAXONOMY_OF_FIELD = {
    "subject_category": Taxonomy.SUBJECT,
    "genre_category": Taxonomy.GENRE,
    "audience": Taxonomy.AUDIENCE,
    "region": Taxonomy.REGION,
    "issuing_body": Taxonomy.DEPARTMENT,
}
# Fields that may name several terms, with an ideographic comma between them.
SEVERAL_TERMS = frozenset({Taxonomy.AUDIENCE, Taxonomy.DEPARTMENT})


class SourceKind(models.TextChoices):
    """Who stands behind a source (LIB-12)."""

    GOVERNMENT = "government", _("party or government body")
    DESIGNATED = "designated", _("designated by the authorities")
    OFFICIAL_MEDIA = "official_media", _("official authoritative media")
    OTHER = "other", _("other")


class SourceState(models.TextChoices):
    """Where a source stands on the white list today."""

    LISTED = "listed", _("on the white list")
    NOT_YET = "not_yet", _("not yet on the white list")
    EXPIRED = "expired", _("white-list entry expired")
    SUSPENDED = "suspended", _("suspended")
