"""Letting a unit read another one's library for a time.

Source: NB 2-3 (ORG-04): a unit sees its own data unless sharing is granted.
"""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.models import Organization, SharingGrant, StaffAccount
from jiyue.organizations.selectors.units import list_managed_units

MAX_REASON_CHARS = 300


class SharingRefused(DomainError):
    """A library can't be shared like this."""

    code = "sharing_refused"


@transaction.atomic
def grant_sharing(
    *,
    owner: Organization,
    reader: Organization,
    starts_on: date,
    ends_on: date | None,
    reason: str,
    actor: StaffAccount,
) -> SharingGrant:
    """Let `reader` read the library of `owner` from the first to the last day, both included.

    Raises:
        SharingRefused: One of the units isn't in the actor's subtree, both are the
            same, the days or the reason don't fit, or the same grant exists.
    """
    reason = storable(reason).strip()
    if list_managed_units(actor).filter(pk__in=(owner.pk, reader.pk)).count() != 2:
        raise SharingRefused(
            _("Both units must be different ones in the part of the tree that you administer."),
            fix=_("Choose two of your units, or ask the administrator of a unit above both."),
            field="reader",
        )
    if ends_on is not None and ends_on < max(starts_on, clock.today()):
        raise SharingRefused(
            _("The last day lies before the first one, or has passed."),
            fix=_("Choose a later last day, or leave it empty."),
            field="ends_on",
        )
    if not reason or len(reason) > MAX_REASON_CHARS:
        raise SharingRefused(
            _("The reason is missing or longer than %(limit)d characters.") % {"limit": MAX_REASON_CHARS},
            fix=_("Write in a sentence why the unit may read it."),
            field="reason",
        )
    try:
        with transaction.atomic():
            grant = SharingGrant.objects.create(
                owner=owner,
                reader=reader,
                starts_on=starts_on,
                ends_on=ends_on,
                reason=reason,
                granted_by_account_id=actor.pk,
                granted_at=clock.now(),
            )
    except IntegrityError:
        raise SharingRefused(
            _("The same sharing from the same day exists already."), fix=_("Look at the list below.")
        ) from None
    _record("sharing.granted", grant, actor)
    return grant


@transaction.atomic
def end_sharing(*, grant: SharingGrant, actor: StaffAccount) -> SharingGrant:
    """End a grant at once: yesterday was its last day.

    Raises:
        SharingRefused: The library's unit isn't in the actor's subtree.
    """
    grant = SharingGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if not list_managed_units(actor).filter(pk=grant.owner_id).exists():
        raise SharingRefused(
            _("This library isn't in the part of the tree that you administer."),
            fix=_("Ask the administrator of the unit that shares it."),
        )
    yesterday = clock.today() - timedelta(days=1)
    if grant.ends_on is None or grant.ends_on > yesterday:
        grant.ends_on = yesterday
        grant.save(update_fields=["ends_on"])
        _record("sharing.ended", grant, actor)
    return grant


def _record(verb: str, grant: SharingGrant, actor: StaffAccount) -> None:
    audit.record_many(
        actor=actor.audit_actor(),
        verb=verb,
        facts=[
            audit.Fact(
                "unit",
                grant.owner_id,
                {
                    "reader": grant.reader.name,
                    "starts_on": grant.starts_on.isoformat(),
                    "ends_on": grant.ends_on.isoformat() if grant.ends_on else None,
                    "reason": grant.reason,
                },
            )
        ],
    )
