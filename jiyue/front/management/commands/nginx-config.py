"""`jiyue nginx-config`: print nginx's configuration of all published sites."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from jiyue.core.errors import DomainError
from jiyue.front.nginx import NginxOptions, nginx_config
from jiyue.front.sites import TABLE_NAME, read_routes


class Command(BaseCommand):
    help = "Print nginx's configuration of all published sites."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what differs between machines."""
        usual = NginxOptions(Path(settings.JIYUE_OUTPUT_DIR))
        parser.add_argument("--output-dir", type=Path, default=usual.output_dir, help="published sites")
        parser.add_argument("--upstream", default=usual.upstream, help="address of the public process")
        parser.add_argument("--http-listen", default=usual.http_listen, help="port or address:port")
        parser.add_argument("--https-listen", default=usual.https_listen, help="port or address:port")
        parser.add_argument("--tls-dir", type=Path, default=usual.tls_dir, help="<host>.crt and <host>.key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the routing table and print."""
        table = Path(settings.JIYUE_OUTPUT_DIR) / TABLE_NAME
        if not table.exists():
            raise CommandError(
                _("%(table)s is missing: publish the sites before configuring nginx.") % {"table": table}
            )
        chosen = NginxOptions(
            output_dir=options["output_dir"].absolute(),
            upstream=options["upstream"],
            http_listen=options["http_listen"],
            https_listen=options["https_listen"],
            tls_dir=options["tls_dir"],
        )
        try:
            self.stdout.write(nginx_config(read_routes(table), chosen))
        except DomainError as error:
            raise CommandError(f"{error.message} {error.fix}") from error
