from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField

FORM_SAMPLE = Kind(
    key="form_sample",
    label=_("form or sample"),
    required=(
        "title",
        "attachments",
        "channel_ids",
    ),
    fields=(
        KindField("used_for", _("Used for"), is_required=True),
        KindField("filling_notes", _("How to fill it in"), max_chars=2_000, is_long=True),
        KindField("issued_by", _("Issued by")),
        KindField("valid_from", _("Valid from"), format="date"),
    ),
)
KINDS.register(FORM_SAMPLE.key, FORM_SAMPLE)
