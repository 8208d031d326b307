"""Who may enter and approve years. Roles lie above this room: it asks what is registered."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.registries import Registry

KEEPERS: Registry[Callable[[AuditActor], bool]] = Registry("keepers of the calendar")


class NotCalendarKeeper(DomainError):
    code = "not_calendar_keeper"


def keeper_refusal(actor: AuditActor) -> NotCalendarKeeper | None:
    """Say why `actor` may not change the calendar, or None.

    The calendar holds for every unit of the platform, so only who answers for
    the whole platform may change it.
    """
    if any(is_keeper(actor) for _key, is_keeper in KEEPERS):
        return None
    return NotCalendarKeeper(
        _("The calendar holds for the whole platform; you may read it, not change it."),
        fix=_("Ask a platform manager of the highest unit."),
    )
