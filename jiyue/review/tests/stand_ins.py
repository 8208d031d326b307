"""Delegations, duty and double accounts for tests."""

from datetime import timedelta

from jiyue.core import audit, clock
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.services import open_account
from jiyue.review.models import DutyShift, ReviewDelegation
from tests.factories import PASSWORD


def delegate(giver: StaffAccount, taker: StaffAccount, role: str, unit: Organization) -> ReviewDelegation:
    """Let `taker` decide in the place of `giver` today and tomorrow, whatever the service would say."""
    today = clock.today()
    return ReviewDelegation.objects.create(
        unit=unit,
        role=role,
        delegator=giver.person,
        delegate=taker,
        starts_on=today,
        ends_on=today + timedelta(days=1),
        reason="出差",
        created_by=giver,
        created_at=clock.now(),
    )


def put_on_duty(account: StaffAccount, role: str, unit: Organization) -> DutyShift:
    """A turn of duty that runs now."""
    now = clock.now()
    return DutyShift.objects.create(
        unit=unit,
        role=role,
        account=account,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=11),
        created_by=account,
        created_at=now,
    )


def double(account: StaffAccount) -> StaffAccount:
    """A second account of the same person."""
    return open_account(
        person=account.person,
        unit=account.unit,
        login_name=f"{account.login_name}-2",
        password=PASSWORD,
        actor=audit.PLATFORM,
    )


def give_role(account: StaffAccount, role: StaffRole, unit: Organization) -> None:
    """A role row written past the service, which would refuse duties that exclude each other."""
    account.person.roles.create(unit=unit, role=role, starts_on=clock.today())
