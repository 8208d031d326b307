import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiyue.config import env
from jiyue.core import at_rest, audit, crypto, outbox
from jiyue.core.errors import DomainError
from jiyue.core.models import OutboxMessage, OutboxStatus
from jiyue.core.tables import create_tables
from jiyue.demo import loading, processes
from jiyue.demo.environment import DEMO_DIR
from jiyue.demo.operating import show_operation
from jiyue.demo.second_factor import require_demo
from jiyue.organizations.models import StaffAccount, UnitRole
from jiyue.search.selectors import get_index
from jiyue.sites.models import Site

DEFAULT_PORT = 8100


class Command(BaseCommand):
    help = "Build and serve the demonstration city: public sites, back office and worker on loopback."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how far to go."""
        parser.add_argument("--reset", action="store_true", help="throw the city away and load it anew")
        parser.add_argument("--prepare-only", action="store_true", help="load and publish, but don't serve")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing, then serve until stopped."""
        started = time.monotonic()
        reset, serves = options["reset"], not options["prepare_only"]
        try:
            require_demo()
            with processes.only_one(Path(settings.DATA_DIR)):
                self._port = self._choose_port(reset=reset)
                if serves:
                    processes.require_free_ports(range(self._port, self._port + 1 + loading.count_sites()))
                self._prepare(reset=reset)
                if serves:
                    self._serve(started)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} {refusal.fix}") from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted; `make demo` goes on or starts over, as is needed.") from None

    def _choose_port(self, *, reset: bool) -> int:
        """Port of the back office: of a loaded city, whose pages name their addresses, the one it has."""
        wanted = env.read_number("JIYUE_DEMO_PORT", 0)
        if reset or not loading.is_loaded():
            return wanted or DEFAULT_PORT
        return loading.loaded_port(wanted)

    def _prepare(self, *, reset: bool) -> None:
        data = Path(settings.DATA_DIR)
        if reset:
            self._throw_away(data)
        create_tables()
        crypto.create_key_pairs()
        at_rest.ensure_key()
        if loading.has_leftovers():
            self.stdout.write("An earlier loading was interrupted; starting over.")
            self._throw_away(data)
            self._prepare(reset=False)
            return
        if not loading.is_loaded():
            self.stdout.write("Loading the demonstration city; this takes a few minutes, only once.")
            loader = loading.CityLoader(
                password=env.read_secret("JIYUE_DEMO_PASSWORD"), first_port=self._port + 1
            )
            loader.load(lambda done, total: self._progress("loading the city", done, total))
            self._publish()
            show_operation()
            loading.mark_loaded()
        call_command("collectstatic", interactive=False, verbosity=0)  # every time: the code may be newer

    def _throw_away(self, data: Path) -> None:
        """Remove the city's data; its settings and keys stay."""
        from django.db import connections  # noqa: PLC0415

        connections.close_all()
        for path in data.iterdir():
            if path.name in ("demo.env", "keys", "backup-keys", processes.LOCK_NAME):
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _publish(self) -> None:
        waiting = OutboxMessage.objects.filter(status=OutboxStatus.PENDING)
        owner = outbox.worker_name()
        done = 0
        while messages := outbox.claim(owner):
            outbox.carry_out(messages)
            done += len(messages)
            self._progress("publishing", done, done + waiting.count())
        get_index().close()  # this process lives on as the supervisor; from now on the worker writes
        failed = OutboxMessage.objects.filter(status=OutboxStatus.FAILED).count()
        if failed:
            raise CommandError(f"{failed} pages could not be published.")
        while audit.seal_entries():
            continue

    def _progress(self, what: str, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{what} {done}/{total} ", ending="\n" if done == total else "")

    def _serve(self, started: float) -> None:
        sites = list(Site.objects.order_by("port"))
        parts = [
            processes.back_office(port=self._port, static=Path(settings.STATIC_ROOT)),
            *(processes.public_site(site.name, site.port) for site in sites if site.port),
            processes.worker(),
            processes.watch(),
        ]
        supervisor = processes.Supervisor(parts)
        try:
            supervisor.start()
            self._announce(sites, time.monotonic() - started)
            supervisor.wait()
        finally:
            supervisor.stop()

    def _announce(self, sites: list[Site], seconds: float) -> None:
        password = env.read_secret("JIYUE_DEMO_PASSWORD")
        lines = ["", f"The demonstration city is running (ready after {seconds:.1f} s).", ""]
        lines += [
            f"  {site.name:<14}\thttp://127.0.0.1:{site.port}/   http://{site.host}:{site.port}/"
            for site in sites
        ]
        lines += [f"  back office\t\t{processes.back_office_address(self._port)}/", ""]
        lines += [
            "  accounts, by unit (the first one writes, the second and third approve):",
            *self._list_accounts(),
            "",
        ]
        lines += [
            f"  password:       {password}   (the same for every account)",
            "  second factor:  .venv/bin/jiyue demo-code NAME   prints the six digits for an account",
            f"  data:           {DEMO_DIR}/   (make demo-reset starts over)",
            "  stop:           Ctrl+C",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def _list_accounts(self) -> list[str]:
        """One line per unit with its accounts in the order of the review, each with its first role."""
        first_roles: dict[int, str] = {}
        for role in UnitRole.objects.order_by("pk"):
            first_roles.setdefault(role.person_id, role.get_role_display())
        by_unit: dict[str, list[str]] = {}
        for account in StaffAccount.objects.select_related("unit").order_by("unit_id", "pk"):
            named = f"{first_roles[account.person_id]} {account.login_name}"
            by_unit.setdefault(account.unit.name, []).append(named)
        return [f"    {unit}\t" + ", ".join(named) for unit, named in by_unit.items()]
