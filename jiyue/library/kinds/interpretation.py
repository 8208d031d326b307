from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind
from jiyue.review.enums import SortOfContent

INTERPRETATION = Kind(
    key="interpretation",
    label=_("policy interpretation"),
    required=("title", "body_html", "source", "author", "channel_ids"),
    sort=SortOfContent.INTERPRETATION,
)
KINDS.register(INTERPRETATION.key, INTERPRETATION)
