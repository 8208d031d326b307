"""What differs between machines, and which names may stand in nginx's configuration."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.front.nginx.templates import TIMEOUTS, TLS, TLS_PARAMETERS
from jiyue.publishing.delivery.options import StoreAddress

HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
KEY = re.compile(r"[a-z][a-z0-9-]*")
ADDRESS = re.compile(r"[\w.:\[\]-]+")
_PLAIN_PATH = re.compile(r"/[\w./+@-]*")
_PORT = re.compile(r"[0-9]{1,5}")

# Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else.
CIPHERS = ":".join(
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    )
)
# Connections that may wait to be taken; the kernel's own limit is lower on old systems.
BACKLOG = 4096


class UnusableName(DomainError):
    """A name can't stand in a configuration file."""

    code = "nginx_unusable_name"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What every kind of configuration needs to know of a machine.

    Attributes:
        http_listen: Where plain HTTP is taken: a port, or an address with a port.
        https_listen: Where TLS is taken.
        has_ipv6: Also listen at all IPv6 addresses where a bare port is given.
        tls_dir: Folder with `<host>.crt` and `<host>.key` of sites whose address is https.
        log_dir: Folder of the access log; None for none.
        logs_whole_addresses: Keep the visitors' addresses whole in the log, not only in refusals.
    """

    http_listen: str = "80"
    https_listen: str = "443"
    has_ipv6: bool = True
    tls_dir: Path = Path("/etc/jiyue/tls")
    log_dir: Path | None = Path("/var/log/nginx")
    logs_whole_addresses: bool = False

    def listen_http(self, *words: str) -> str:
        """Return the `listen` lines of plain HTTP."""
        return self._listen(self.http_listen, *words)

    def listen_https(self, *words: str) -> str:
        """Return the `listen` lines of TLS."""
        return self._listen(self.https_listen, "ssl", "http2", *words)

    def _listen(self, where: str, *words: str) -> str:
        places = [checked(where, ADDRESS)]
        if self.has_ipv6 and _PORT.fullmatch(where):
            places.append(f"[::]:{where}")
        return "\n".join(f"    listen {' '.join((place, *words))};" for place in places)

    @property
    def access_log(self) -> str:
        """The line that names the log, in every server that answers for a site."""
        if self.log_dir is None:
            return ""
        return f"    access_log {checked_path(self.log_dir)}/jiyue.access.log jiyue buffer=64k flush=5s;\n"

    def tls(self, host: str) -> str:
        """The lines of a server with a certificate; `host` is checked."""
        return TLS.format(folder=checked_path(self.tls_dir), host=host, parameters=self.tls_parameters)

    @property
    def tls_parameters(self) -> str:
        """Which versions and ciphers are spoken."""
        return TLS_PARAMETERS.format(ciphers=CIPHERS)

    @property
    def timeouts(self) -> str:
        """How long a slow visitor may hold a connection."""
        return TIMEOUTS


@dataclass(frozen=True, kw_only=True)
class NginxOptions(Machine):
    """A host that serves the published files.

    Attributes:
        output_dir: Folder of the published sites, as nginx sees it.
        upstreams: Addresses of the public processes; empty on a mirror, which only shows pages.
        balancers: Addresses or networks of our own balancers and of a CDN: the visitor's address
            is taken from what they say.
        unlimited: Addresses or networks that no rate limit meets, such as monitoring.
        page_rate: Published files that one address may ask for in a second. Offices and schools
            share one address.
        connections: Connections (with HTTP/2, requests at once) that one address may hold.
        store: Object store that holds the published files in place of the folder.
        store_trusted: Certificates that vouch for an object store with https.
    """

    output_dir: Path
    upstreams: tuple[str, ...] = ("127.0.0.1:8200",)
    balancers: tuple[str, ...] = ()
    unlimited: tuple[str, ...] = ()
    page_rate: int = 200
    connections: int = 200
    store: StoreAddress | None = None
    store_trusted: Path = Path("/etc/ssl/certs/ca-certificates.crt")

    @property
    def is_read_only(self) -> bool:
        """Whether there is no public process behind this host."""
        return not self.upstreams


def checked(text: str, pattern: re.Pattern[str]) -> str:
    """Return the text if all of it matches.

    Raises:
        UnusableName: It holds characters that mean something to nginx.
    """
    if not pattern.fullmatch(text):
        raise UnusableName(
            _("“%(text)s” can't stand in nginx's configuration.") % {"text": text},
            fix=_("Use letters, digits, dots, hyphens and slashes only."),
        )
    return text


def checked_path(path: Path) -> str:
    """Return an absolute path of plain characters.

    Raises:
        UnusableName: It is relative, or holds characters that mean something to nginx.
    """
    return checked(str(path), _PLAIN_PATH)


def checked_network(text: str) -> str:
    """Return an address or a network in its usual form.

    Raises:
        UnusableName: It is neither.
    """
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise UnusableName(
            _("“%(text)s” is no address and no network.") % {"text": text},
            fix=_("Write it like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32."),
        ) from error
