"""Who keeps vocabularies and sources: they hold for every unit of the platform."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.organizations.calendar_keepers import is_calendar_keeper


class NotCatalogueKeeper(DomainError):
    code = "not_catalogue_keeper"


def keeper_refusal(actor: AuditActor) -> NotCatalogueKeeper | None:
    """Say why `actor` may not change vocabularies, mappings and sources, or None.

    They hold for all units, so only platform managers of the highest unit change
    them, as with the calendar.

    Source: GL 五(三)1 (one library with unified classification); LIB-05, LIB-12.
    """
    if is_calendar_keeper(actor):
        return None
    return NotCatalogueKeeper(
        _("Categories and sources hold for the whole platform; you may read them, not change them."),
        fix=_("Ask a platform manager of the highest unit."),
    )


def require_keeper(actor: AuditActor) -> None:
    """Refuse everybody else.

    Raises:
        NotCatalogueKeeper: The actor isn't a platform manager of a top unit.
    """
    if refusal := keeper_refusal(actor):
        raise refusal
