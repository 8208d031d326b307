from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind
from jiyue.review.enums import SortOfContent

POLICY_DOCUMENT = Kind(
    key="policy_document",
    label=_("policy document"),
    required=("title", "body_html", "issuing_body", "written_on", "validity_status", "channel_ids"),
    is_document=True,
    sort=SortOfContent.GOVERNMENT_DOCUMENT,
)
KINDS.register(POLICY_DOCUMENT.key, POLICY_DOCUMENT)
