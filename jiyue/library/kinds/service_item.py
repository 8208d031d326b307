from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField

SERVICE_ITEM = Kind(
    key="service_item",
    label=_("service guide"),
    required=(
        "title",
        "channel_ids",
    ),
    fields=(
        KindField("item_code", _("Code of the item"), max_chars=60),
        KindField("body_in_charge", _("Body in charge"), is_required=True),
        KindField("who_may_apply", _("Who may apply"), is_required=True),
        KindField("conditions", _("Conditions"), is_required=True, max_chars=4_000, is_long=True),
        KindField("documents", _("Documents to bring"), is_required=True, max_chars=4_000, is_long=True),
        KindField("steps", _("Steps"), is_required=True, max_chars=4_000, is_long=True),
        KindField("legal_basis", _("Legal basis"), is_required=True, max_chars=4_000, is_long=True),
        KindField("statutory_days", _("Statutory term in working days"), max_chars=12, format="number"),
        KindField("promised_days", _("Promised term in working days"), max_chars=12, format="number"),
        KindField("fee", _("Fee and its basis"), is_required=True),
        KindField("place", _("Where to go"), is_required=True),
        KindField("office_hours", _("Office hours"), is_required=True),
        KindField("telephone", _("Telephone"), is_required=True, max_chars=60, format="phone"),
        KindField("complaint_telephone", _("Telephone for complaints"), max_chars=60, format="phone"),
        KindField("online_address", _("Apply online"), max_chars=500, format="url"),
    ),
)
KINDS.register(SERVICE_ITEM.key, SERVICE_ITEM)
