from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind
from jiyue.review.enums import SortOfContent

NOTICE = Kind(
    key="notice",
    label=_("notice"),
    required=("title", "body_html", "source", "author", "channel_ids"),
    sort=SortOfContent.NOTICE,
)
KINDS.register(NOTICE.key, NOTICE)
