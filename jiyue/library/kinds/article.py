from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind

ARTICLE = Kind(
    key="article",
    label=_("news article"),
    required=("title", "body_html", "source", "author", "channel_ids"),
)
KINDS.register(ARTICLE.key, ARTICLE)
