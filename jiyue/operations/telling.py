"""Who hears of an alarm: the platform's managers, and for a site those who answer for it."""

from django.utils.translation import gettext as _

from jiyue.core import alarms
from jiyue.core.alarms import RAISED
from jiyue.core.models import Alarm
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.selectors import get_active_roles
from jiyue.organizations.services import notify
from jiyue.sites.selectors import list_site_roles

TOPIC = "operation.alarm"
_SITE_OWNERS = (StaffRole.GENERAL_OWNER, StaffRole.SECURITY_OWNER, StaffRole.TECHNICAL_OPERATOR)


def tell_managers(alarm: Alarm) -> None:
    """Leave a message for everybody who has to look into a grave alarm, once for each alarm.

    A platform's alarm goes to all platform managers; a site's to those of the units behind the
    site and of the units above them, and to the site's own owners.

    Source: GL 七(二)1 (SEC-14).
    """
    kind = alarms.KINDS.get(alarm.kind)
    if not kind.is_grave:
        return
    notify(
        person_ids=sorted(_people(alarm.site_key)),
        topic=TOPIC,
        title=_("%(kind)s: %(subject)s") % {"kind": kind.label, "subject": subject_words(alarm)},
        body=str(kind.advice),
        path=f"/operation/alarms/{alarm.pk}/",
        key=f"alarm:{alarm.pk}",
    )


def subject_words(alarm: Alarm) -> str:
    """What the alarm is about, in words."""
    return str(_("the platform")) if alarm.subject == "platform" else alarm.subject


def _people(site_key: str) -> set[int]:
    managers = get_active_roles().filter(role=StaffRole.PLATFORM_MANAGER)
    if not site_key:
        return set(managers.values_list("person_id", flat=True))
    units = [role.unit for role in list_site_roles().filter(site__key=site_key)]
    above = {
        f"/{'/'.join(unit.path_codes[:depth])}/"
        for unit in units
        for depth in range(1, len(unit.path_codes) + 1)
    }
    owners = get_active_roles().filter(role__in=_SITE_OWNERS, unit__in=units)
    told = set(managers.filter(unit__path__in=above).values_list("person_id", flat=True))
    return told | set(owners.values_list("person_id", flat=True))


def register() -> None:
    """Listen to alarms."""
    RAISED.listen(tell_managers)
