from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField

ATTACHMENT = Kind(
    key="attachment",
    label=_("attachment"),
    required=(
        "title",
        "attachments",
        "channel_ids",
    ),
    fields=(
        KindField("belongs_to", _("Belongs to"), max_chars=300),
        KindField("file_note", _("What the file holds"), is_required=True, max_chars=1_000, is_long=True),
    ),
)
KINDS.register(ATTACHMENT.key, ATTACHMENT)
