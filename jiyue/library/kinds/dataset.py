from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField

DATASET = Kind(
    key="dataset",
    label=_("dataset"),
    required=(
        "title",
        "summary",
        "source",
        "attachments",
        "channel_ids",
    ),
    fields=(
        KindField("provider", _("Provided by"), is_required=True),
        KindField("update_cycle", _("How often it is updated"), is_required=True, max_chars=60),
        KindField(
            "fields_described", _("Fields and their meaning"), is_required=True, max_chars=4_000, is_long=True
        ),
        KindField("covers_from", _("Covers from"), format="date"),
        KindField("covers_to", _("Covers to"), format="date"),
        KindField("records", _("Number of records"), max_chars=20, format="number"),
        KindField("terms_of_use", _("Terms of use"), is_required=True, max_chars=2_000, is_long=True),
        KindField("contact", _("Contact"), max_chars=100),
    ),
)
KINDS.register(DATASET.key, DATASET)
