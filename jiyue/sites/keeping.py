"""Who looks after a site: the people of its sponsor and operator who answer for it, and its managers.

Source: GL 二(二)1-4; NT 15-16 (ORG-02, ORG-05).
"""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_unit_ids
from jiyue.sites.models import Site
from jiyue.sites.selectors import list_footer_roles, list_governed_sites

KEEPER_ROLES = frozenset({StaffRole.GENERAL_OWNER, StaffRole.REVIEW_LEAD, StaffRole.TECHNICAL_OPERATOR})


class NotSiteKeeper(DomainError):
    """The site is looked after by other people."""

    code = "not_site_keeper"


def list_kept_sites(account: StaffAccount) -> QuerySet[Site]:
    """Sites the account looks after.

    As general owner, review lead or technical operator of a unit that sponsors
    or operates the site today, or as platform manager who governs it.
    """
    units = get_unit_ids(account, KEEPER_ROLES)
    own = list_footer_roles(units).values("site_id")
    governed = list_governed_sites(account).order_by().values("pk")
    return Site.objects.filter(Q(pk__in=own) | Q(pk__in=governed)).order_by("pk")


def keeper_refusal(site: Site, account: StaffAccount) -> NotSiteKeeper | None:
    """Say why the account may not keep the site's registers, or None; for button, service and test."""
    if list_kept_sites(account).filter(pk=site.pk).exists():
        return None
    return NotSiteKeeper(
        _("You don't look after this site."),
        fix=_("Ask its general owner, its technical operator or its platform manager."),
    )
