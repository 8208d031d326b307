from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField

INSTITUTION_PROFILE = Kind(
    key="institution_profile",
    label=_("institution profile"),
    required=(
        "title",
        "channel_ids",
    ),
    fields=(
        KindField("duties", _("Duties"), is_required=True, max_chars=4_000, is_long=True),
        KindField("leader", _("Person in charge"), max_chars=60),
        KindField("address", _("Office address"), is_required=True),
        KindField("office_hours", _("Office hours"), is_required=True),
        KindField("telephone", _("Telephone"), is_required=True, max_chars=60, format="phone"),
        KindField("fax", _("Fax"), max_chars=60, format="phone"),
        KindField("email", _("E-mail"), format="email"),
        KindField("postcode", _("Postcode"), max_chars=12),
        KindField("website", _("Website"), format="url"),
    ),
)
KINDS.register(INSTITUTION_PROFILE.key, INSTITUTION_PROFILE)
