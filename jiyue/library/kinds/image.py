from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField

IMAGE = Kind(
    key="image",
    label=_("picture"),
    required=(
        "title",
        "picture",
        "source",
        "author",
        "channel_ids",
    ),
    shows_picture=True,
    fields=(
        KindField("taken_on", _("Taken on"), format="date"),
        KindField("place", _("Place")),
        KindField("persons_shown", _("Persons shown"), max_chars=300),
        KindField("rights", _("Rights"), is_required=True, max_chars=300),
    ),
)
KINDS.register(IMAGE.key, IMAGE)
