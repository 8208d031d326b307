from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from jiyue.organizations.enums import AccountStatus
from jiyue.organizations.models import StaffAccount


class StaffBackend(BaseBackend):
    """First factor: login name and password. The second is asked by the sign-in view."""

    def authenticate(
        self, request: HttpRequest | None, login_name: str = "", password: str = "", **kwargs: Any
    ) -> StaffAccount | None:
        """Return the account, spending the same time on unknown names."""
        account = StaffAccount.objects.select_related("person", "unit").filter(login_name=login_name).first()
        if account is None:
            StaffAccount().set_password(password)
            return None
        if account.check_password(password) and account.is_active:
            return account
        return None

    def get_user(self, user_id: int) -> StaffAccount | None:
        """Return the account of a session, unless it was switched off since."""
        return (
            StaffAccount.objects.select_related("person", "unit")
            .filter(pk=user_id, status=AccountStatus.ACTIVE)
            .first()
        )
