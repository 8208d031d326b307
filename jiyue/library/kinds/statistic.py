from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField

STATISTIC = Kind(
    key="statistic",
    label=_("statistic"),
    required=(
        "title",
        "source",
        "channel_ids",
    ),
    fields=(
        KindField("period", _("Period"), is_required=True, max_chars=60),
        KindField("value", _("Figure"), max_chars=30, format="number"),
        KindField("unit_of_measure", _("Unit of measure"), max_chars=40),
        KindField("change", _("Change on the year before"), max_chars=60),
        KindField("method", _("How it was counted"), max_chars=2_000, is_long=True),
        KindField("published_by", _("Statistical body"), is_required=True),
    ),
)
KINDS.register(STATISTIC.key, STATISTIC)
