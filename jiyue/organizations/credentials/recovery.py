"""Recovery codes: ten codes on paper for the day the telephone is gone (SEC-09).

A code is drawn at random from 80 bits, so one SM3 digest protects it as well as
a slow one would: there is nothing to guess from. Each works once.
"""

import secrets

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from jiyue.core import audit, clock, crypto
from jiyue.core.errors import DomainError
from jiyue.organizations.credentials import second_factor, throttle
from jiyue.organizations.credentials.models import RecoveryCode, RecoverySheet
from jiyue.organizations.models import StaffAccount

CODE_COUNT = 10
FEW_CODES = 3  # from here on the page warns
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that look like others
_CHARS, _GROUP = 16, 4  # 16 of 31 characters: 79 bits


class RecoveryRefused(DomainError):
    """Recovery codes that can't be made."""

    code = "recovery_refused"


@transaction.atomic
def make_codes(*, account: StaffAccount, actor: audit.AuditActor) -> list[str]:
    """Make a new sheet of codes; the old ones stop working.

    Args:
        account: The owner, who has a second factor.
        actor: The owner.

    Returns:
        The codes as they are shown, this once.

    Raises:
        RecoveryRefused: There is no second factor that they could stand in for.

    Source: GL 七(一)4 (SEC-09).
    """
    StaffAccount.objects.select_for_update().get(pk=account.pk)
    if not second_factor.has_second_factor(account):
        raise RecoveryRefused(
            _("Recovery codes stand in for a second factor, and there is none."), fix=_("Set one up first.")
        )
    RecoverySheet.objects.filter(user=account).delete()
    sheet = RecoverySheet.objects.create(user=account, name="recovery codes", created_at=clock.now())
    codes = [_draw() for _number in range(CODE_COUNT)]
    RecoveryCode.objects.bulk_create(RecoveryCode(sheet=sheet, digest=_digest(sheet, code)) for code in codes)
    audit.record(
        actor=actor,
        verb="account.recovery_codes_made",
        subject_type="account",
        subject_id=account.pk,
        count=CODE_COUNT,
    )
    return codes


def count_codes(account: StaffAccount) -> int:
    """How many codes the account has left."""
    return RecoveryCode.objects.filter(sheet__user=account, used_at=None).count()


def has_sheet(account: StaffAccount) -> bool:
    """Tell whether the account was ever given codes that still count."""
    return RecoverySheet.objects.filter(user=account).exists()


def wait_for_code(account: StaffAccount) -> int:
    """How long the account has to wait after wrong recovery codes, in whole seconds."""
    return second_factor.seconds_to_wait(RecoverySheet.objects.filter(user=account).first())


@transaction.atomic
def use_code(*, account: StaffAccount, text: str, actor: audit.AuditActor) -> RecoverySheet | None:
    """Use a code up; None where it isn't one that is left. Its owner is told.

    Args:
        account: The owner.
        text: What was typed; case, hyphens and spaces don't matter.
        actor: The owner.

    Source: GL 七(一)4 (SEC-09, SEC-11).
    """
    sheet = RecoverySheet.objects.select_for_update().filter(user=account).first()
    if sheet is None or second_factor.seconds_to_wait(sheet):
        return None
    digest = _digest(sheet, text)
    if not RecoveryCode.objects.filter(sheet=sheet, digest=digest, used_at=None).update(used_at=clock.now()):
        sheet.throttle_increment()
        throttle.cap_device_wait(sheet)
        return None
    sheet.throttle_reset()
    left = count_codes(account)
    audit.record(
        actor=actor,
        verb="account.recovery_code_used",
        subject_type="account",
        subject_id=account.pk,
        left=left,
    )
    title = ngettext(
        "A recovery code of your account was used; %(left)d is left.",
        "A recovery code of your account was used; %(left)d are left.",
        left,
    )
    second_factor.tell(account, "recovery_code_used", title % {"left": left})
    return sheet


def _draw() -> str:
    code = "".join(secrets.choice(_ALPHABET) for _place in range(_CHARS))
    return "-".join(code[start : start + _GROUP] for start in range(0, _CHARS, _GROUP))


def _digest(sheet: RecoverySheet, text: str) -> str:
    code = "".join(character for character in text.lower() if character.isalnum())
    return crypto.sm3_hex(f"recovery {sheet.pk} {code}".encode("utf-8", "replace"))
