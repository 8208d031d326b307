"""How guessing passwords is slowed without shutting the owner of a name out (SEC-10).

Two counts, both in the database, so that a restart or a second process changes
nothing:

1. per name and address: after a few failures each further one doubles the wait,
   up to a longest wait;
2. per name from all addresses together: from its limit on, an address from which
   the person has never signed in has to leave the longest wait between two
   attempts, and those who administer the unit are told. Addresses the person is
   known to use don't wait for what others do: nobody can lock a known person out.

Names that nobody has are counted in the same way, with the same words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_otp.models import ThrottlingMixin

from jiyue.core import clock, crypto
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.credentials.models import AttemptCount
from jiyue.policy.selectors import read_rules

FIRST_WAIT_SECONDS = 30  # about the time of finding the right note
EVERYWHERE = ""
CLEAN_UP_ROWS = 2_000  # one step of the clean-up stays far below a second


class TooManyAttempts(DomainError):
    """The same words whether the name exists or not."""

    code = "too_many_attempts"


@dataclass(frozen=True)
class Failure:
    """What a failed attempt did to the counts.

    Attributes:
        count: Failures of the name from all addresses since they were last forgotten.
        is_alarm: The count has just reached the limit at which somebody is told.
    """

    count: int
    is_alarm: bool


def name_digest(login_name: str) -> str:
    """How counts and trail name what was typed."""
    return crypto.sm3_hex(storable(login_name).encode())


def wait_refusal(login_name: str, address: str) -> TooManyAttempts | None:
    """Say that this name has to wait at this address, or None.

    Args:
        login_name: What was typed.
        address: IP address it came from.

    Source: GL 七(一)4; NB 26 (SEC-10).
    """
    now = clock.now()
    counts = _counts_of(login_name, address)
    here, everywhere = counts.get(_address_digest(address)), counts.get(EVERYWHERE)
    until = here.wait_until if here else None
    if everywhere and everywhere.wait_until and not _is_known(here):
        until = max(until or everywhere.wait_until, everywhere.wait_until)
    if until is None or until <= now:
        return None
    minutes = -(-int((until - now).total_seconds()) // 60)
    return TooManyAttempts(
        _("Too many attempts with this login name."),
        fix=_("Wait %(minutes)d minutes and try again.") % {"minutes": max(1, minutes)},
    )


@transaction.atomic
def count_failure(login_name: str, address: str) -> Failure:
    """Count a wrong password, and lay down from when on the next one may be tried.

    Args:
        login_name: What was typed.
        address: IP address it came from.

    Source: GL 七(一)4; NB 26 (SEC-10).
    """
    rules = read_rules()
    now, longest = clock.now(), timedelta(minutes=rules.value("account.lockout_minutes").number)
    here = _lock_count(login_name, _address_digest(address))
    _count(here, now, longest)
    excess = here.failures - rules.value("account.lockout_failures").number
    here.wait_until = now + _wait(excess, longest) if excess >= 0 else None
    here.save()
    everywhere = _lock_count(login_name, EVERYWHERE)
    _count(everywhere, now, longest)
    limit = rules.value("account.lockout_alarm").number
    everywhere.wait_until = now + longest if everywhere.failures >= limit else None
    everywhere.save()
    return Failure(everywhere.failures, everywhere.failures == limit)


@transaction.atomic
def forget_failures(login_name: str, address: str) -> None:
    """After both factors are proven: this address is known, its failures are forgiven."""
    here = _lock_count(login_name, _address_digest(address))
    everywhere = _counts_of(login_name, address).get(EVERYWHERE)
    if everywhere is not None and here.failures:
        everywhere = _lock_count(login_name, EVERYWHERE)
        everywhere.failures = max(0, everywhere.failures - here.failures)
        everywhere.save(update_fields=["failures"])
    here.failures, here.wait_until, here.succeeded_at = 0, None, clock.now()
    here.last_failed_at = here.last_failed_at or clock.now()  # the clean-up looks at it
    here.save()


def cap_device_wait(device: ThrottlingMixin) -> None:
    """Keep the doubling wait of a device after wrong codes below the longest wait.

    Whoever knows the password could otherwise lock the owner's device for days.
    """
    longest_seconds = read_rules().value("account.lockout_minutes").number * 60
    most = longest_seconds.bit_length()  # the wait is 2 ** (failures - 1) seconds
    if device.throttling_failure_count > most:
        device.throttling_failure_count = most
        device.save(update_fields=["throttling_failure_count"])


def clean_up() -> Iterator[int]:
    """Remove counts that mean nothing any more, one step at a time."""
    rules = read_rules()
    oldest = clock.now() - timedelta(days=max(rules.value("account.password_change").numbers))
    old = Q(last_failed_at__lt=oldest) & (Q(succeeded_at=None) | Q(succeeded_at__lt=oldest))
    while numbers := list(AttemptCount.objects.filter(old).values_list("pk", flat=True)[:CLEAN_UP_ROWS]):
        yield AttemptCount.objects.filter(old, pk__in=numbers).delete()[0]


def _count(count: AttemptCount, now: datetime, longest: timedelta) -> None:
    """One failure more; a day without any forgets the earlier ones."""
    is_old = count.last_failed_at is not None and now - count.last_failed_at > timedelta(days=1) + longest
    count.failures = 1 if is_old else count.failures + 1
    count.last_failed_at = now


def _wait(excess: int, longest: timedelta) -> timedelta:
    """30 s, 1, 2, 4 … minutes, up to the longest wait."""
    return min(longest, timedelta(seconds=FIRST_WAIT_SECONDS * 2 ** min(excess, 16)))


def _counts_of(login_name: str, address: str) -> dict[str, AttemptCount]:
    rows = AttemptCount.objects.filter(
        name_digest=name_digest(login_name), address_digest__in=(EVERYWHERE, _address_digest(address))
    )
    return {row.address_digest: row for row in rows}


def _lock_count(login_name: str, address_digest: str) -> AttemptCount:
    key = {"name_digest": name_digest(login_name), "address_digest": address_digest}
    AttemptCount.objects.bulk_create([AttemptCount(**key)], ignore_conflicts=True)
    return AttemptCount.objects.select_for_update().get(**key)


def _address_digest(address: str) -> str:
    return crypto.sm3_hex(f"address {address}".encode())


def _is_known(here: AttemptCount | None) -> bool:
    return here is not None and here.succeeded_at is not None
