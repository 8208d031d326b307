"""What the page of an item shows of its manuscript, its corrections and its use."""

from typing import Any

from django import template

from jiyue.library.content import ResourceContent
from jiyue.library.models import Resource
from jiyue.library.use.dates import DISPLAYED_DATES
from jiyue.library.use.enums import PickStatus
from jiyue.library.use.manuscripts import get_explanation, get_latest_manuscript, is_different
from jiyue.library.use.models import CorrectionRecord, DateChange, Pick

MAX_ROWS = 20  # of each panel

register = template.Library()


@register.inclusion_tag("backoffice/parts/manuscript.html")
def use_of_item(resource: Resource, content: ResourceContent, is_editor: bool) -> dict[str, Any]:
    """Panels for the side of an item's page."""
    manuscript = get_latest_manuscript(resource)
    changes = DateChange.objects.filter(resource=resource).select_related("writer").order_by("-pk")
    corrections = CorrectionRecord.objects.filter(resource=resource).select_related("fix__edition")
    picks = Pick.objects.filter(resource=resource, status=PickStatus.CONFIRMED)
    return {
        "resource": resource,
        "is_editor": is_editor,
        "manuscript": manuscript,
        "differs": manuscript is not None and is_different(manuscript, content),
        "explanation": get_explanation(manuscript, content) if manuscript else None,
        "date_changes": [{"row": row, "label": DISPLAYED_DATES[row.field]} for row in changes[:MAX_ROWS]],
        "corrections": corrections.order_by("-pk")[:MAX_ROWS],
        "picks": picks.select_related("channel__site", "unit").order_by("pk")[:MAX_ROWS],
    }
