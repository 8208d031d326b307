"""Who hears of a virus: the owners of security and the platform managers of the unit and above it."""

from django.utils.translation import gettext as _

from jiyue.core import clock, crypto
from jiyue.core.virus_scan import INFECTION_FOUND, Infection
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_active_roles
from jiyue.organizations.services import notify

TOPIC = "security.infection"
_TOLD = (StaffRole.SECURITY_OWNER, StaffRole.PLATFORM_MANAGER)


def tell_owners(infection: Infection) -> None:
    """Leave a message for everyone who answers for security in the unit and above it.

    Source: GL 七(一)3 (SEC-06).
    """
    roles = get_active_roles().filter(role__in=_TOLD)
    unit = Organization.objects.filter(pk=infection.unit_id).first() if infection.unit_id else None
    if unit is not None:
        codes = unit.path_codes
        paths = [f"/{'/'.join(codes[:depth])}/" for depth in range(1, len(codes) + 1)]
        roles = roles.filter(unit__path__in=paths)
    where = unit.name if unit else _("the platform")
    notify(
        person_ids=sorted(set(roles.values_list("person_id", flat=True))),
        topic=TOPIC,
        title=_("A virus was found in a file of %(unit)s.") % {"unit": where},
        body=_("File: %(name)s. The scanner calls it %(signature)s. Brought by: %(person)s.")
        % {
            "name": infection.name,
            "signature": infection.signature,
            "person": infection.actor.person_name or _("unknown; the file lay in the store already"),
        },
        path="/oversight/scans/",
        key=_key(infection),
    )


def _key(infection: Infection) -> str:
    """One message a day for the same find."""
    what = f"{infection.subject_type}:{infection.subject_id}:{infection.name}:{infection.signature}"
    return f"infection:{clock.today():%Y%m%d}:{crypto.sm3_hex(what.encode())[:32]}"


def register() -> None:
    """Listen to the scanner."""
    INFECTION_FOUND.listen(tell_owners)
