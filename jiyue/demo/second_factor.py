"""Second factors of demonstration accounts: anybody at this machine may ask for the code."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.models import StaffAccount


class NotTheDemonstration(DomainError):
    code = "not_the_demonstration"


class NoSuchAccount(DomainError):
    code = "no_such_account"


def require_demo() -> None:
    """Refuse outside the demonstration city.

    Raises:
        NotTheDemonstration: `JIYUE_DEMO` isn't true.
    """
    if not settings.JIYUE_DEMO:
        raise NotTheDemonstration(
            _("This command works in the demonstration city only."),
            fix=_("Use the authenticator of the account's owner."),
        )


def current_code(login_name: str) -> str:
    """Return the six digits that sign the account in now.

    Raises:
        NotTheDemonstration: Outside the demonstration city.
        NoSuchAccount: No account, or one without a second factor.
    """
    require_demo()
    account = StaffAccount.objects.filter(login_name=login_name).first()
    if account is None or not second_factor.has_second_factor(account):
        raise NoSuchAccount(
            _("There is no demonstration account “%(name)s”.") % {"name": login_name},
            fix=_("`make demo` lists the accounts."),
        )
    return second_factor.current_code(account)
