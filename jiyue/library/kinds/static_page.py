from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind

STATIC_PAGE = Kind(
    key="static_page",
    label=_("static page"),
    required=("title", "body_html", "channel_ids"),
)
KINDS.register(STATIC_PAGE.key, STATIC_PAGE)
