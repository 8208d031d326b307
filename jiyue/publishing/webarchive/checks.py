"""Nothing new is published into an archived channel."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from jiyue.library.checks import Checked, Remark
from jiyue.publishing.models import Placement
from jiyue.publishing.webarchive.selectors import get_archive_days
from jiyue.sites.models import Channel


def check_channels(checked: Checked) -> Sequence[Remark]:
    """An archived channel takes no new items; what stands there may be corrected.

    Source: GL 三(二)3 (SITE-23).
    """
    wanted = Channel.objects.filter(pk__in=checked.content.channel_ids)
    channels = list(wanted.order_by("pk"))
    days = get_archive_days(channel_ids=[channel.pk for channel in channels])
    archived = [channel for channel in channels if days.of_channel(channel.pk)]
    if not archived:
        return []
    shown = set(
        Placement.objects.filter(resource=checked.resource, channel__in=archived).values_list(
            "channel_id", flat=True
        )
    )
    return [
        Remark(
            _("“%(channel)s” is in the web archive and takes no new items. Choose another channel.")
            % {"channel": channel.name},
            field="channel_ids",
            clause="GL 三(二)3",
        )
        for channel in archived
        if channel.pk not in shown
    ]
