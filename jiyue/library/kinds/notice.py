from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind

NOTICE = Kind(
    key="notice",
    label=_("notice"),
    required=("title", "body_html", "source", "author", "channel_ids"),
)
KINDS.register(NOTICE.key, NOTICE)
