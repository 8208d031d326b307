"""What citizens sent, as staff see it. Visibility is decided here."""

from django.db.models import Q, QuerySet

from jiyue.interaction.models import CitizenMessage, CorrectionReport
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_role_pairs
from jiyue.sites.selectors import list_footer_roles


def list_correction_reports(account: StaffAccount) -> QuerySet[CorrectionReport]:
    """Reports on sites that the account's units sponsor or operate, newest first.

    Source: NT 18 (IAX-17); who sees them: product decision, the units named in the site's footer.
    """
    return CorrectionReport.objects.filter(_on_own_sites(account)).select_related("site")


def list_citizen_messages(account: StaffAccount) -> QuerySet[CitizenMessage]:
    """Comments on pages of sites that the account's units sponsor or operate, newest first."""
    return CitizenMessage.objects.filter(_on_own_sites(account)).select_related("site")


def _on_own_sites(account: StaffAccount) -> Q:
    units = {unit_id for unit_id, _role in get_role_pairs(account)}
    return Q(site__in=list_footer_roles(units).values("site"))
