"""The second factor: an authenticator's six digits, passkeys, and what they have in common (SEC-09)."""

import math
import secrets
import time
from binascii import unhexlify
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.credentials import flow, throttle
from jiyue.organizations.credentials.models import Passkey, RecoverySheet
from jiyue.organizations.credentials.passwords import require_password
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services import notify

DEVICE_NAME = "authenticator"
SECRET_BYTES = 20  # RFC 4226 recommends the length of the HMAC's result
MAX_NAME_CHARS = 40
AUTHENTICATOR, PASSKEY = "authenticator", "passkey"


class FactorRefused(DomainError):
    """A second factor that can't be set up, used or removed as asked."""

    code = "factor_refused"


@dataclass(frozen=True)
class Factor:
    """One second factor, as its owner sees it."""

    kind: str
    pk: int
    name: str
    created_at: datetime | None
    last_used_at: datetime | None
    persistent_id: str  # as a session names the device that opened it
    is_synced: bool = False


def new_secret() -> str:
    """A secret for an authenticator, hexadecimal; it counts only once a code has confirmed it."""
    return secrets.token_hex(SECRET_BYTES)


@transaction.atomic
def enrol(account: StaffAccount, *, actor: audit.AuditActor) -> TOTPDevice:
    """Give an account an authenticator without asking for a code; an earlier one stops working.

    For accounts that the platform itself makes: people confirm theirs with
    `confirm_authenticator`. The device's `config_url` is what is scanned.

    Source: GL 七(一)4 (SEC-09).
    """
    TOTPDevice.objects.filter(user=account).delete()
    device = TOTPDevice.objects.create(user=account, name=DEVICE_NAME, confirmed=True)
    _record(actor, "account.second_factor_set", account, kind=AUTHENTICATOR)
    return device


def unconfirmed_device(account: StaffAccount, secret: str) -> TOTPDevice:
    """The authenticator as it would be: its `config_url` is what the person scans. Not saved."""
    return TOTPDevice(user=account, name=DEVICE_NAME, key=secret)


@transaction.atomic
def confirm_authenticator(
    *, account: StaffAccount, secret: str, code: str, actor: audit.AuditActor
) -> TOTPDevice:
    """Set the authenticator up, once it has shown a right code; an earlier one stops working.

    Args:
        account: Its owner.
        secret: From `new_secret`, hexadecimal.
        code: Six digits; they open nothing any more afterwards.
        actor: The owner.

    Raises:
        FactorRefused: The code isn't the one that the secret makes now.

    Source: GL 七(一)4 (SEC-09).
    """
    device = unconfirmed_device(account, secret)
    totp = TOTP(unhexlify(secret), device.step, device.t0, device.digits)
    totp.time = time.time()
    if not code.isdecimal() or not totp.verify(int(code), device.tolerance):
        raise FactorRefused(
            _("The code doesn't fit the secret above."),
            fix=_("Check the clock of your telephone, then type the code that it shows now."),
            field="code",
        )
    replaced = TOTPDevice.objects.filter(user=account).delete()[0]
    device.last_t = totp.t()
    device.save()
    _record(actor, "account.second_factor_set", account, kind=AUTHENTICATOR, is_replaced=bool(replaced))
    tell(account, "set", _("An authenticator was set up for your account."))
    return device


def has_second_factor(account: StaffAccount) -> bool:
    """Tell whether the account has an authenticator or a passkey; recovery codes alone don't count."""
    return bool(has_authenticator(account) or Passkey.objects.filter(user=account).exists())


def has_authenticator(account: StaffAccount) -> bool:
    """Tell whether the account has a confirmed authenticator."""
    return bool(TOTPDevice.objects.filter(user=account, confirmed=True).exists())


def list_factors(account: StaffAccount) -> list[Factor]:
    """The account's second factors: the authenticator first, then the passkeys by age."""
    authenticators = TOTPDevice.objects.filter(user=account, confirmed=True)
    factors = [
        Factor(AUTHENTICATOR, row.pk, "", row.created_at, row.last_used_at, row.persistent_id)
        for row in authenticators
    ]
    return factors + [
        Factor(PASSKEY, row.pk, row.name, row.created_at, row.last_used_at, row.persistent_id, row.is_synced)
        for row in Passkey.objects.filter(user=account).order_by("pk")
    ]


def seconds_to_wait(device: Device | None) -> int:
    """How long a device refuses codes after wrong ones, in whole seconds; 0 for not at all."""
    if device is None:
        return 0
    is_allowed, details = device.verify_is_allowed()
    return 0 if is_allowed else max(1, math.ceil((details["locked_until"] - clock.now()).total_seconds()))


def wait_for_code(account: StaffAccount) -> int:
    """How long the account has to wait after wrong codes, in whole seconds; 0 for not at all."""
    return seconds_to_wait(TOTPDevice.objects.filter(user=account, confirmed=True).first())


@transaction.atomic
def verify(account: StaffAccount, code: str) -> TOTPDevice | None:
    """Return the authenticator that made `code`, or None.

    A code works once; wrong codes make the account wait longer each time.
    """
    device = TOTPDevice.objects.select_for_update().filter(user=account, confirmed=True).first()
    if device is None or device.verify_token(code):
        return device
    throttle.cap_device_wait(device)
    return None


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


def removal_refusal(account: StaffAccount, kind: str, pk: int) -> FactorRefused | None:
    """Say why a factor can't be removed, or None. Feeds the button, the service and the test."""
    factors = list_factors(account)
    if not any(factor.kind == kind and factor.pk == pk for factor in factors):
        return FactorRefused(_("You don't have this second factor any more."), fix=_("Reload the page."))
    if len(factors) == 1:
        return FactorRefused(
            _("This is your last second factor; without one nobody can sign in."),
            fix=_("Set up another one first."),
        )
    return None


@transaction.atomic
def remove_factor(
    *, account: StaffAccount, kind: str, pk: int, password: str, actor: audit.AuditActor
) -> None:
    """Remove one of one's own second factors, never the last one; sessions it opened end.

    Args:
        account: The owner.
        kind: `authenticator` or `passkey`.
        pk: Its number.
        password: The owner's password, asked for again.
        actor: The owner.

    Raises:
        WrongPassword: The password is wrong.
        FactorRefused: It is the last one, or gone already.

    Source: GL 七(一)4 (SEC-09).
    """
    StaffAccount.objects.select_for_update().get(pk=account.pk)  # two removals at once can't take both
    require_password(account, password)
    if refusal := removal_refusal(account, kind, pk):
        raise refusal
    model: type[Device] = TOTPDevice if kind == AUTHENTICATOR else Passkey
    device = model.objects.get(user=account, pk=pk)
    name = device.name
    device.delete()
    _record(actor, "account.second_factor_removed", account, kind=kind, name=name)
    tell(account, "removed", _("A second factor of your account was removed."))


@transaction.atomic
def rename_passkey(*, account: StaffAccount, pk: int, name: str, actor: audit.AuditActor) -> None:
    """Give a passkey another name.

    Raises:
        FactorRefused: No name, or not one's own passkey.
    """
    name = clean_name(name)
    if not Passkey.objects.filter(user=account, pk=pk).update(name=name):
        raise FactorRefused(_("You don't have this second factor any more."), fix=_("Reload the page."))
    _record(actor, "account.passkey_renamed", account, name=name)


def clean_name(name: str) -> str:
    """The name of a passkey, without what can't be stored.

    Raises:
        FactorRefused: Blank or over `MAX_NAME_CHARS`.
    """
    name = storable(name).strip()
    if not name or len(name) > MAX_NAME_CHARS:
        raise FactorRefused(
            _("A passkey needs a name of at most %(limit)d characters.") % {"limit": MAX_NAME_CHARS},
            fix=_("Name the device it is in, such as “office computer”."),
            field="name",
        )
    return name


@transaction.atomic
def remove_all(account: StaffAccount, *, actor: audit.AuditActor) -> None:
    """Take every second factor and the recovery codes away: the owner enrols anew; all sessions end.

    Only for an approved reset.

    Source: GL 七(一)4 (SEC-09).
    """
    for model in (TOTPDevice, Passkey, RecoverySheet):
        model.objects.filter(user=account).delete()
    _record(actor, "account.second_factor_reset", account, person=account.person_id)
    flow.end_sessions(account, reason="factor_reset")
    tell(account, "reset", _("Your second factor was reset by two administrators; set it up anew."))


def tell(account: StaffAccount, what: str, title: object) -> None:
    """Leave the owner a message about a change of the account's protection."""
    notify(
        person_ids=[account.person_id],
        topic=f"account.factor_{what}",
        title=str(title),
        key=f"account:{account.pk}:{what}:{clock.now().timestamp()}",
        body=str(_("If it wasn't you, change your password and tell those who administer your unit.")),
        path="/account/",
    )


def _record(actor: audit.AuditActor, verb: str, account: StaffAccount, **facts: object) -> None:
    audit.record(actor=actor, verb=verb, subject_type="account", subject_id=account.pk, **facts)
