"""Second factors of demonstration accounts: derived, so that anybody can compute the code."""

import time

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from jiyue.core.crypto import sm3_hex
from jiyue.core.errors import DomainError
from jiyue.organizations.models import StaffAccount

_KEY_HEX_DIGITS = 40
_STEP_SECONDS = 30
_DIGITS = 6


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


def enrol(account: StaffAccount) -> TOTPDevice:
    """Give a demonstration account its second factor."""
    require_demo()
    key = sm3_hex(f"jiyue-demo:{settings.SECRET_KEY}:{account.login_name}".encode())[:_KEY_HEX_DIGITS]
    return TOTPDevice.objects.create(user=account, name="demo", key=key, step=_STEP_SECONDS, digits=_DIGITS)


def current_code(login_name: str) -> str:
    """Return the six digits that the account's authenticator would show now.

    Raises:
        NotTheDemonstration: Outside the demonstration city.
        NoSuchAccount: No account, or one without a second factor.
    """
    require_demo()
    device = TOTPDevice.objects.filter(user__login_name=login_name).first()
    if device is None:
        raise NoSuchAccount(
            _("There is no demonstration account “%(name)s”.") % {"name": login_name},
            fix=_("`make demo` lists the accounts."),
        )
    code = totp(device.bin_key, step=device.step, t0=device.t0, digits=device.digits, drift=device.drift)
    return f"{code:0{device.digits}d}"


def seconds_left() -> int:
    """How long the present code stays valid."""
    return _STEP_SECONDS - int(time.time()) % _STEP_SECONDS
