"""Whose identity at a provider this is, if anybody's."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.organizations.enums import AccountStatus
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.sign_ins.models import ExternalIdentity


class IdentityRefused(DomainError):
    """An identity at a provider that opens nothing here."""

    code = "identity_refused"


def get_linked(issuer: str, subject: str) -> ExternalIdentity:
    """The link of an identity; the account comes with its person and unit.

    Raises:
        IdentityRefused: It is linked to no account, or the account was switched off.

    Source: GL 七(一)4; NB 26 (ORG-08: nobody comes in without an approved account).
    """
    identity: ExternalIdentity | None = (
        ExternalIdentity.objects.select_related("user__person", "user__unit")
        .filter(issuer=issuer, subject=subject, unlinked_at=None)
        .first()
    )
    if identity is None:
        raise IdentityRefused(
            _("No account of the platform is linked to this identity."),
            fix=_(
                "Sign in with login name and password and link it under “My sign-ins”, "
                "or ask your account manager."
            ),
            code="identity_unknown",
        )
    if identity.user.status != AccountStatus.ACTIVE:
        raise IdentityRefused(
            _("The account that is linked to this identity is switched off."),
            fix=_("Ask the account manager of your unit."),
            code="account_off",
        )
    return identity


def list_identities(account: StaffAccount) -> list[ExternalIdentity]:
    """Identities that open an account today."""
    return list(
        ExternalIdentity.objects.filter(user=account, unlinked_at=None)
        .select_related("linked_by__person")
        .order_by("id")
    )
