"""What people can ask of the watch, and what the worker does in its place."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.alarms import end_alarm, raise_alarm
from jiyue.core.errors import DomainError
from jiyue.core.schedule import JOBS, Job
from jiyue.organizations.enums import OVERSIGHT_ROLES, StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_role_pairs
from jiyue.publishing.integrity.models import SignedManifest, WatchSign
from jiyue.publishing.integrity.recording import STOPPED
from jiyue.publishing.integrity.sealing import list_unsealed_sites, seal_site
from jiyue.publishing.integrity.selectors import running_watch
from jiyue.sites.models import Site
from jiyue.sites.selectors import list_overseen_sites

INTEGRITY_ROLES = OVERSIGHT_ROLES | {StaffRole.SECURITY_OWNER}
FORGOTTEN_DAYS = 7  # a watch silent so long was taken out of service
CHECK_MINUTES = 1
SUBJECT = "jiyue watch"


class SweepRefused(DomainError):
    """A full comparison can't be asked for."""


def list_watched_sites(account: StaffAccount) -> QuerySet[Site]:
    """Sites whose integrity the account answers for.

    Source: NB 2-3 (ORG-04).
    """
    return list_overseen_sites(account, INTEGRITY_ROLES)


def sweep_refusal(account: StaffAccount) -> SweepRefused | None:
    """Why the account can't ask for a full comparison now, or None."""
    roles = {role for _unit_id, role in get_role_pairs(account)}
    if not roles & INTEGRITY_ROLES:
        return SweepRefused(
            _("You can't have files compared."), fix=_("Ask the platform manager or an inspector to do it.")
        )
    if running_watch() is None:
        return SweepRefused(
            _("The tamper watch doesn't run, so nothing can be compared from here."),
            fix=_(
                "Have “jiyue watch” started on the inner host, or compare there with “jiyue watch --once”."
            ),
        )
    return None


@transaction.atomic
def request_sweep(*, site: Site, actor: StaffAccount) -> None:
    """Have the watch compare all files of a site as soon as it can; asked twice it is done once.

    Raises:
        SweepRefused: No right to it, another unit's site, or no watch runs.

    Source: GL 七(二)1 (SEC-14, SEC-15).
    """
    refusal = sweep_refusal(actor)
    if refusal is None and not list_watched_sites(actor).filter(pk=site.pk).exists():
        refusal = SweepRefused(
            _("This site isn't run for your units."), fix=_("Please ask its platform manager.")
        )
    if refusal is not None:
        raise refusal
    SignedManifest.objects.update_or_create(site=site, defaults={"sweep_requested_at": clock.now()})
    audit.record(
        actor=actor.audit_actor(), verb="integrity.sweep_requested", subject_type="site", subject_id=site.pk
    )


def look_after() -> Iterator[None]:
    """Sign what changed where no watch does it, and say when a watch that ran has gone."""
    now = clock.now()
    WatchSign.objects.filter(seen_at__lt=now - timedelta(days=FORGOTTEN_DAYS)).delete()
    if running_watch(now) is not None:
        end_alarm(STOPPED, SUBJECT, how="the watch runs again")
        return
    silent = WatchSign.objects.order_by("-seen_at").first()
    if silent is not None:
        raise_alarm(
            STOPPED, SUBJECT, details={"last_sign": silent.seen_at.isoformat(), "process": silent.name}
        )
    for site_id in list_unsealed_sites():
        seal_site(site_id)
        yield None


JOBS.register("publishing.integrity", Job(look_after, every=timedelta(minutes=CHECK_MINUTES)))
