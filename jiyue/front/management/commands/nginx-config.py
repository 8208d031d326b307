"""`jiyue nginx-config`: print nginx's configuration of all published sites."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.core.errors import DomainError
from jiyue.front.nginx import BalancerOptions, NginxOptions, balancer_config, nginx_config
from jiyue.front.sites import TABLE_NAME, SiteRoute, read_routes


class Command(BaseCommand):
    help = (
        "Print nginx's configuration of all published sites, of their mirror or of the balancer before them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what differs between machines."""
        usual = NginxOptions(output_dir=Path(settings.JIYUE_OUTPUT_DIR))
        parser.add_argument("--http-listen", default=usual.http_listen, help="port or address:port")
        parser.add_argument("--https-listen", default=usual.https_listen, help="port or address:port")
        parser.add_argument("--no-ipv6", action="store_true", help="this machine has no IPv6")
        parser.add_argument("--tls-dir", type=Path, default=usual.tls_dir, help="<host>.crt and <host>.key")
        parser.add_argument("--log-dir", default=str(usual.log_dir), help='"" for no access log')
        parser.add_argument("--log-whole-addresses", action="store_true", help="don't cut them short")
        _add_site_arguments(parser, usual)
        _add_balancer_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the routing table and print."""
        table = Path(settings.JIYUE_OUTPUT_DIR) / TABLE_NAME
        if not table.exists():
            raise CommandError(
                _("%(table)s is missing: publish the sites before configuring nginx.") % {"table": table}
            )
        machine = {
            "http_listen": options["http_listen"],
            "https_listen": options["https_listen"],
            "has_ipv6": not options["no_ipv6"],
            "tls_dir": options["tls_dir"],
            "log_dir": Path(options["log_dir"]) if options["log_dir"] else None,
            "logs_whole_addresses": options["log_whole_addresses"],
        }
        make = _balancer if options["balancer"] else _sites
        try:
            self.stdout.write(make(read_routes(table), machine, options))
        except DomainError as error:
            raise CommandError(f"{error.message} {error.fix}") from error


def _add_site_arguments(parser: CommandParser, usual: NginxOptions) -> None:
    parser.add_argument("--output-dir", type=Path, default=usual.output_dir, help="published sites")
    parser.add_argument(
        "--upstream", action="append", help="address of a public process; may be given several times"
    )
    parser.add_argument(
        "--read-only", action="store_true", help="a mirror: pages only, no public process behind it"
    )
    parser.add_argument(
        "--trust", action="append", default=[], help="address or network of a balancer or CDN before nginx"
    )
    parser.add_argument(
        "--unlimited", action="append", default=[], help="address or network without rate limits"
    )
    parser.add_argument(
        "--page-rate", type=int, default=usual.page_rate, help="files a second for one address"
    )
    parser.add_argument(
        "--connections", type=int, default=usual.connections, help="connections of one address"
    )


def _add_balancer_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "--balancer", action="store_true", help="the host before origin and mirror; needs --origin, --mirror"
    )
    parser.add_argument("--origin", default="", help="address of the host with the public process")
    parser.add_argument("--mirror", default="", help="address of the host that only shows pages")
    parser.add_argument("--http-port", default="80", help="where both hosts take plain HTTP")
    parser.add_argument("--https-port", default="443", help="where both hosts take TLS")
    parser.add_argument(
        "--trusted",
        type=Path,
        default=Path("/etc/ssl/certs/ca-certificates.crt"),
        help="certificates that vouch for origin and mirror, or for an object store",
    )


def _sites(routes: list[SiteRoute], machine: dict[str, Any], options: dict[str, Any]) -> str:
    usual = NginxOptions(output_dir=options["output_dir"].absolute())
    upstreams = tuple(options["upstream"] or usual.upstreams)
    return nginx_config(
        routes,
        NginxOptions(
            **machine,
            output_dir=usual.output_dir,
            upstreams=() if options["read_only"] else upstreams,
            balancers=tuple(options["trust"]),
            unlimited=tuple(options["unlimited"]),
            page_rate=options["page_rate"],
            connections=options["connections"],
            store=settings.JIYUE_STORE_ADDRESS,
            store_trusted=options["trusted"],
        ),
    )


def _balancer(routes: list[SiteRoute], machine: dict[str, Any], options: dict[str, Any]) -> str:
    return balancer_config(
        routes,
        BalancerOptions(
            **machine,
            origin=options["origin"],
            mirror=options["mirror"],
            http_port=options["http_port"],
            https_port=options["https_port"],
            trusted=options["trusted"],
        ),
    )
