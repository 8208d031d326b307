"""When a completed case goes out: at once, unless a higher room holds it for a moment of its own."""

from collections.abc import Callable

from django.db import transaction

from jiyue.core import clock
from jiyue.core.registries import Registry
from jiyue.review.models import ReviewCase

# Asked in the transaction of the last approval; whoever answers yes calls `release_case` later.
HOLDS: Registry[Callable[[ReviewCase], bool]] = Registry("holds on releases")


def is_held_for_later(case: ReviewCase) -> bool:
    """Whether a room has taken over to release a completed case."""
    return any(holds(case) for _name, holds in HOLDS)


@transaction.atomic
def release_case(case: ReviewCase) -> None:
    """Release all items of a completed case in one transaction, with the same moment.

    Raises:
        ReviewRefused: The case isn't complete.
        DomainError: The room refuses to release one of them; none is released then.

    Source: HT 二(三)4 (REV-10: document and interpretation together); HT 附件(单项否决7) (REV-29).
    """
    from jiyue.review.services.deciding import release_item  # noqa: PLC0415  # services import this module

    moment = clock.now()
    for item in case.items.filter(is_open=True).order_by("position"):
        item.case = case
        release_item(item, moment=moment)
