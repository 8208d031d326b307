from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField

AUDIO = Kind(
    key="audio",
    label=_("audio"),
    required=(
        "title",
        "source",
        "author",
        "channel_ids",
    ),
    fields=(
        KindField("address", _("Address of the recording"), max_chars=500, format="url"),
        KindField("length", _("Running time"), max_chars=20),
        KindField("recorded_on", _("Recorded on"), format="date"),
        KindField("speakers", _("Speakers"), max_chars=300),
        KindField("transcript", _("Transcript"), is_required=True, max_chars=20_000, is_long=True),
    ),
)
KINDS.register(AUDIO.key, AUDIO)
