"""Pages of lists that may be very long."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST_COUNTED = 1_000  # rows: twenty pages, more than anybody turns; counting a million takes seconds


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """Counts and shows the first `MOST_COUNTED` rows; whoever looks for others narrows the list."""

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        """How many rows can be turned to."""
        return self.object_list[:MOST_COUNTED].count()

    @property
    def is_cut(self) -> bool:
        """Whether there may be more rows than can be turned to."""
        return self.count == MOST_COUNTED
