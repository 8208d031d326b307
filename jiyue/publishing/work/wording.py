"""What screens and the terminal call lanes and batches."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.publishing.work.enums import BatchKind
from jiyue.publishing.work.models import PublishingBatch

LANES: dict[str, Promise] = {
    "withdrawal": gettext_lazy("withdrawals"),
    "urgent": gettext_lazy("publications"),
    "bulk": gettext_lazy("bulk work"),
}


def title_of(batch: PublishingBatch) -> str:
    """One line: what is written, and for which site or case."""
    what = BatchKind(batch.kind).label
    about = batch.case.title if batch.case else batch.site.name if batch.site else ""
    return _("%(about)s: %(what)s") % {"about": about, "what": what}
