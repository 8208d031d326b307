"""Refusals that several services share."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.sign_ins.selectors import get_reach


class NotAdministered(DomainError):
    """The thing belongs to a unit that the person doesn't administer: for them it doesn't exist."""

    code = "not_administered"


class TextNeeded(DomainError):
    """A reason or a note is missing or too long."""

    code = "text_needed"


def reach_refusal(unit_id: int, actor: AuditActor) -> NotAdministered | None:
    """Say why `actor` may not administer a unit, or None.

    Source: NB 2-3 (ORG-04).
    """
    if unit_id in get_reach(actor):
        return None
    return NotAdministered(
        _("This belongs to a unit that you don't administer."), fix=_("Ask the account manager of that unit.")
    )


def acting_account(actor: AuditActor) -> StaffAccount:
    """The account behind an act that only a person can do.

    Raises:
        NotAdministered: The platform itself acts.
    """
    if actor.account_id is None:
        raise NotAdministered(_("Only a person can do this."), fix=_("Sign in and do it again."))
    return StaffAccount.objects.select_related("unit").get(pk=actor.account_id)


def needed_text(text: str, *, field: str, limit: int) -> str:
    """The text, cleaned.

    Raises:
        TextNeeded: It is empty or longer than `limit` characters.
    """
    text = storable(text).strip()
    if not text:
        raise TextNeeded(_("Nothing is written here."), fix=_("Write it in a few words."), field=field)
    if len(text) > limit:
        raise TextNeeded(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": limit},
            fix=_("Shorten it and send it again; nothing you typed is lost."),
            field=field,
        )
    return text
