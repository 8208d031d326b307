from django.db import models
from django.utils.translation import gettext_lazy as _


class ResourceStatus(models.TextChoices):
    """Where a resource stands on its way to the public."""

    DRAFT = "draft", _("draft")
    IN_REVIEW = "in_review", _("in review")
    RETURNED = "returned", _("returned for changes")
    APPROVED = "approved", _("approved, waiting for release")
    PUBLISHED = "published", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn")


# Published and withdrawn items may be worked on again: a correction passes the same review (REV-30).
EDITABLE_STATUSES = frozenset(
    {
        ResourceStatus.DRAFT,
        ResourceStatus.RETURNED,
        ResourceStatus.PUBLISHED,
        ResourceStatus.WITHDRAWN,
    }
)


class ValidityStatus(models.TextChoices):
    """Whether a document is in force (LIB-07)."""

    VALID = "valid", _("in force")
    AMENDED = "amended", _("amended")
    REPEALED = "repealed", _("repealed")
    LAPSED = "lapsed", _("lapsed")


class AcquisitionMode(models.TextChoices):
    """How an item came into the library (LIB-13)."""

    SELF_WRITTEN = "self_written", _("written by the unit")
    WEB_CAPTURE = "web_capture", _("captured from the web")
    REPORTED = "reported", _("reported by another unit")
    LINK = "link", _("link")
    INTERFACE = "interface", _("interface")
    FILE_IMPORT = "file_import", _("imported file")


class Openness(models.TextChoices):
    """Openness attribute, fixed at the source (REV-17); only the first one can be released."""

    ACTIVE = "active", _("actively public")
    ON_REQUEST = "on_request", _("public on request")
    NOT_PUBLIC = "not_public", _("not public")


class TimelinessClass(models.TextChoices):
    """How soon after the event an item must be published (REV-19)."""

    MAJOR_EVENT = "major_event", _("major event, leaders' activity, emergency")
    WORK_NEWS = "work_news", _("daily work news")
    DOCUMENT = "document", _("document or report")
    OTHER = "other", _("all else")


class RelationKind(models.TextChoices):
    """What an item does to another one (LIB-07)."""

    AMENDS = "amends", _("amends")
    REPEALS = "repeals", _("repeals")
    LAPSES = "lapses", _("declares lapsed")
    INTERPRETS = "interprets", _("interprets")


class WithdrawalReason(models.TextChoices):
    """Why an item is taken down (LIB-16)."""

    WRONG_CONTENT = "wrong_content", _("the content is wrong")
    OUTDATED = "outdated", _("the content is out of date")
    SECRECY = "secrecy", _("secrecy or privacy")
    DUPLICATE = "duplicate", _("published twice")
    ORDERED = "ordered", _("ordered by a superior body")
    OTHER = "other", _("other")


# Languages an item may be written in, by BCP 47 tag.
LANGUAGES = {
    "zh-Hans": _("Simplified Chinese"),
    "zh-Hant": _("Traditional Chinese"),
    "en": _("English"),
    "bo": _("Tibetan"),
    "ug": _("Uyghur"),
    "mn": _("Mongolian"),
    "za": _("Zhuang"),
    "ko": _("Korean"),
}


class TextState(models.TextChoices):
    """Whether the words of an attachment are known to checks and search."""

    NONE = "none", _("no text")
    WAITING = "waiting", _("is being read")
    DONE = "done", _("read")
    CUT = "cut", _("read up to the limit")
    FAILED = "failed", _("couldn't be read")
