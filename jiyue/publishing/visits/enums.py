"""Search engines whose index of a site is followed over time."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchEngine(models.TextChoices):
    """A search engine; its hosts stand in `engines.toml`."""

    BAIDU = "baidu", _("Baidu")
    BING = "bing", _("Bing")
    SO = "so", _("360 Search")
    SOGOU = "sogou", _("Sogou")
    SHENMA = "shenma", _("Shenma")
    TOUTIAO = "toutiao", _("Toutiao Search")
    OTHER = "other", _("Another search engine")
