from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField
from jiyue.review.enums import SortOfContent

LEADER_PROFILE = Kind(
    key="leader_profile",
    label=_("leader profile"),
    required=(
        "title",
        "channel_ids",
    ),
    sort=SortOfContent.LEADER_PROFILE,
    shows_picture=True,
    fields=(
        KindField("name", _("Name"), is_required=True, max_chars=40),
        KindField("post", _("Post"), is_required=True),
        KindField("born", _("Born"), max_chars=20),
        KindField("resume", _("Résumé"), max_chars=4_000, is_long=True),
        KindField("division_of_work", _("Division of work"), is_required=True, max_chars=2_000, is_long=True),
        KindField("in_office_since", _("In office since"), format="date"),
    ),
)
KINDS.register(LEADER_PROFILE.key, LEADER_PROFILE)
