"""The second factor: six digits from an authenticator, new every half minute (SEC-09)."""

import math
import time

from django.db import transaction
from django_otp import match_token
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from jiyue.core import audit, clock
from jiyue.organizations.models import StaffAccount

DEVICE_NAME = "authenticator"


@transaction.atomic
def enrol(account: StaffAccount, *, actor: audit.AuditActor) -> TOTPDevice:
    """Give an account its authenticator; an earlier one stops working.

    The device's `config_url` is what the person scans.

    Source: GL 七(一)4 (SEC-09).
    """
    TOTPDevice.objects.filter(user=account).delete()
    device = TOTPDevice.objects.create(user=account, name=DEVICE_NAME, confirmed=True)
    audit.record(actor=actor, verb="account.second_factor_set", subject_type="account", subject_id=account.pk)
    return device


def has_second_factor(account: StaffAccount) -> bool:
    """Tell whether the account has an authenticator."""
    return bool(TOTPDevice.objects.filter(user=account, confirmed=True).exists())


def seconds_to_wait(account: StaffAccount) -> int:
    """How long the account has to wait after wrong codes, in whole seconds; 0 for not at all."""
    device = TOTPDevice.objects.filter(user=account, confirmed=True).first()
    if device is None:
        return 0
    is_allowed, details = device.verify_is_allowed()
    return 0 if is_allowed else max(1, math.ceil((details["locked_until"] - clock.now()).total_seconds()))


def verify(account: StaffAccount, code: str) -> TOTPDevice | None:
    """Return the authenticator that made `code`, or None.

    A code works once; wrong codes make the account wait longer each time.
    """
    return match_token(account, code)


def current_code(account: StaffAccount) -> str:
    """Return the code that is valid now; only the demonstration city shows it.

    Raises:
        LookupError: The account has no authenticator.
    """
    device = TOTPDevice.objects.filter(user=account, confirmed=True).first()
    if device is None:
        raise LookupError(account.login_name)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    # A code that was used already is refused: show the following one then.
    if totp.t() <= device.last_t:
        totp.time = (device.last_t + 1) * device.step + device.t0
    return f"{totp.token():0{device.digits}d}"
