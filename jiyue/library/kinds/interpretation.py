from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind

INTERPRETATION = Kind(
    key="interpretation",
    label=_("policy interpretation"),
    required=("title", "body_html", "source", "author", "channel_ids"),
)
KINDS.register(INTERPRETATION.key, INTERPRETATION)
