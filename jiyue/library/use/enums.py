from django.db import models
from django.utils.translation import gettext_lazy as _


class PickStatus(models.TextChoices):
    """Where a pick stands; only a confirmed one is shown (LIB-10)."""

    PROPOSED = "proposed", _("waits for the review lead")
    CONFIRMED = "confirmed", _("shown in the channel")
    REFUSED = "refused", _("refused")
    TAKEN_BACK = "taken_back", _("taken back")
    ENDED = "ended", _("taken out of the channel")


ACTIVE_PICKS = frozenset({PickStatus.PROPOSED, PickStatus.CONFIRMED})


class OfferStatus(models.TextChoices):
    """What a column made of an offered item."""

    OPEN = "open", _("open")
    PICKED = "picked", _("picked")
    DECLINED = "declined", _("declined")
    ENDED = "ended", _("no longer public")


class UseWay(models.TextChoices):
    """How an item was used (LIB-11)."""

    PLACED = "placed", _("placed in a channel")
    PICKED = "picked", _("picked into a channel")
    UNPICKED = "unpicked", _("taken out of a channel")
    INTERFACE = "interface", _("read by an interface")
    EXPORTED = "exported", _("exported")


class ErrorKind(models.TextChoices):
    """What was wrong with a published item (REV-30)."""

    TYPO = "typo", _("wrongly written characters")
    FACT = "fact", _("wrong facts or figures")
    STATEMENT = "statement", _("serious misstatement")
    LINK = "link", _("dead or wrong link")
    PICTURE = "picture", _("wrong picture or attachment")
    PRIVACY = "privacy", _("personal data or secrets shown")
    LAYOUT = "layout", _("faulty layout")
    METADATA = "metadata", _("wrong metadata")
    OUTDATED = "outdated", _("no error: the information has changed")
    OTHER = "other", _("another error")


class Finder(models.TextChoices):
    """Who found it (REV-30)."""

    CITIZEN = "citizen", _("a citizen's correction report")
    INSPECTION = "inspection", _("an inspection")
    SELF = "self", _("the unit itself")
    SUPERIOR = "superior", _("a superior body")
