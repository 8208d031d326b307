from django.db import models
from django.utils.translation import gettext_lazy as _


class ArchiveScope(models.TextChoices):
    """How much a mark of the web archive covers."""

    SITE = "site", _("the whole site")
    CHANNEL = "channel", _("a channel with the channels below it")
    PAGES = "pages", _("single pages")
