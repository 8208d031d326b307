from collections.abc import Callable

import pytest

from jiyue.core.audit import AuditActor
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.sign_ins.addresses import place_of
from jiyue.organizations.sign_ins.models import StaffSession
from jiyue.organizations.sign_ins.origins import Origin
from jiyue.organizations.sign_ins.services import begin_session


def origin(address: str = "10.20.3.7", device: str = "d1", browser: str = "Firefox / UOS") -> Origin:
    """From where somebody works."""
    return Origin(address=address, network=place_of(address), device=device, browser=browser)


def acting(account: StaffAccount, address: str = "10.20.3.7") -> AuditActor:
    """The account as it acts from an address."""
    return account.audit_actor(address)


@pytest.fixture
def begin(db: None) -> Callable[..., StaffSession]:
    """Open a session of an account from somewhere."""
    numbers = iter(range(1_000))

    def start(account: StaffAccount, **place: str) -> StaffSession:
        return begin_session(
            account=account, origin=origin(**place), key_hash=f"{account.pk}-{next(numbers)}"
        )

    return start
