"""Who exports or imports at the console."""

from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import has_role
from jiyue.publishing.exporting.layout import ImportRefused


def find_operator(login_name: str | None) -> StaffAccount | None:
    """Return the account named on the command line; None for the operator without one.

    Raises:
        ImportRefused: There is no such account.
    """
    if not login_name:
        return None
    account = StaffAccount.objects.select_related("person", "unit").filter(login_name=login_name).first()
    if account is None:
        raise ImportRefused(
            _("There is no account %(name)s.") % {"name": login_name}, fix=_("Check the login name.")
        )
    return account


def operator_refusal(actor: StaffAccount | None) -> ImportRefused | None:
    """Say why somebody may neither export nor import sites, or None; without an account it is the console."""
    if actor is None or (actor.is_active and has_role(actor, StaffRole.PLATFORM_MANAGER)):
        return None
    return ImportRefused(
        _("Only a platform manager exports and imports whole sites."),
        fix=_("Ask the platform manager."),
        code="not_platform_manager",
    )
