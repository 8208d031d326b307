"""Under which host name and port a site answers; two sites never claim the same.

Source: GL 三(三) (SITE-12); the routing of the public process depends on it.
"""

import re

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit
from jiyue.core.errors import DomainError
from jiyue.organizations.models import StaffAccount
from jiyue.sites.announcements import SITE_CHANGED
from jiyue.sites.models import Site
from jiyue.sites.selectors import list_governed_sites

MIN_PORT, MAX_PORT = 1024, 65_535  # the embedded server runs without the rights for lower ones

_HOST = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)*(?!-)[a-z0-9-]{1,63}(?<!-)\Z")


_USUAL_PORTS = (0, 80, 443)  # 0: none was written
_BASE_URL = re.compile(r"https?://(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?")


class HostingRefused(DomainError):
    """A host name, port or address that a site can't have."""

    code = "site_hosting_refused"


def normal_host(host: str) -> str:
    """Write a host name as it is compared: lower case, ASCII, without a dot at its end.

    Raises:
        HostingRefused: It is no host name.
    """
    try:
        plain = host.strip().rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        plain = ""
    if not _HOST.match(plain):
        raise HostingRefused(
            _("“%(host)s” isn't a host name.") % {"host": host[:60]},
            fix=_("Write it without http:// and without a path, such as www.example.gov.cn."),
            field="host",
        )
    return plain


def hosting_refusal(site: Site, *, host: str, port: int | None, base_url: str) -> HostingRefused | None:
    """Say why a site can't answer there, or None. Feeds the form, the service and the test.

    Args:
        site: The site, which may be a new one.
        host: As `normal_host` writes it.
        port: Of the embedded server; None where there is none.
        base_url: Canonical address.
    """
    others = Site.objects.exclude(pk=site.pk) if site.pk else Site.objects.all()
    claims = [(other, _claim_of(other.base_url)) for other in others.only("name", "host", "base_url")]
    for known, claim in claims:
        if host == known.host.lower() or (claim and host == claim[0]):
            return _taken(host, known, "host")
    if port is not None and not MIN_PORT <= port <= MAX_PORT:
        return HostingRefused(
            _("The port must be between %(first)d and %(last)d.") % {"first": MIN_PORT, "last": MAX_PORT},
            fix=_("Choose another port."),
            field="port",
        )
    if port is not None and (other := others.filter(port=port).first()):
        return HostingRefused(
            _("Port %(port)d belongs to %(site)s already.") % {"port": port, "site": other.name},
            fix=_("Choose another port."),
            field="port",
        )
    wanted = _claim_of(base_url)
    if wanted is None:
        return HostingRefused(
            _("The canonical address must be http:// or https:// and a host name, without a path."),
            fix=_("Write it such as https://www.example.gov.cn."),
            field="base_url",
        )
    for known, claim in claims:
        if wanted[0] == known.host.lower() or wanted == claim:
            return _taken(wanted[0], known, "base_url")
    return None


def _taken(host: str, other: Site, field: str) -> HostingRefused:
    return HostingRefused(
        _("The host name %(host)s belongs to %(site)s already.") % {"host": host, "site": other.name},
        fix=_("Choose another host name, or give that site another one first."),
        field=field,
    )


def _claim_of(base_url: str) -> tuple[str, int | None] | None:
    """Host and port of a canonical address, the same for http and https; None where it is anything else.

    Nothing but scheme, host and port: it stands in robots.txt, sitemaps, feeds and calls to caches.
    """
    parts = _BASE_URL.fullmatch(base_url.rstrip("/"))
    host = parts["host"].lower() if parts else ""
    port = int(parts["port"] or 0) if parts else 0
    if not _HOST.match(host) or port > MAX_PORT:
        return None
    return host, None if port in _USUAL_PORTS else port


@transaction.atomic
def change_hosting(*, site: Site, host: str, port: int | None, base_url: str, actor: StaffAccount) -> Site:
    """Let a site answer under another host name or port; its pages and the routing table follow.

    Raises:
        HostingRefused: Not the actor's site, no host name, nothing changes, or another site has it;
            see `hosting_refusal`.

    Source: GL 三(三) (SITE-12).
    """
    if not list_governed_sites(actor).filter(pk=site.pk).exists():
        raise HostingRefused(
            _("Only a platform manager who governs this site changes its address."),
            fix=_("Ask a platform manager."),
        )
    host, base_url = normal_host(host), base_url.strip().rstrip("/").lower()
    site = Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
    if refusal := hosting_refusal(site, host=host, port=port, base_url=base_url):
        raise refusal
    before = [site.host, site.port, site.base_url]
    if before == [host, port, base_url]:
        raise HostingRefused(
            _("The site has this address already."), fix=_("Change the host name or the port."), field="host"
        )
    site.host, site.port, site.base_url = host, port, base_url
    try:
        with transaction.atomic():
            site.save(update_fields=["host", "port", "base_url"])
    except IntegrityError:
        raise HostingRefused(
            _("Another site took this host name or port a moment ago."), fix=_("Choose another one.")
        ) from None
    audit.record(
        actor=actor.audit_actor(),
        verb="site.address_changed",
        subject_type="site",
        subject_id=site.pk,
        before=before,
        after=[host, port, base_url],
    )
    SITE_CHANGED.announce(site.pk)
    return site
