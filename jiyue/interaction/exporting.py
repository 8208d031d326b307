"""What the export of a site says about this room: view counts of public items, nothing of citizens."""

from jiyue.interaction.models import PageViews
from jiyue.publishing.exporting.parts import Part, register


def register_parts() -> None:
    """Let view counts travel with a site."""
    register(
        [
            Part(
                "data/view_counts",
                PageViews,
                ("resource", "count"),
                lambda scope: PageViews.objects.filter(resource__in=scope.live.values("resource_id")),
            )
        ]
    )
