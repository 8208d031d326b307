"""A whole installation in processes of its own: sites, back office and worker on loopback."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from jiyue.front.server import serve_command
from tests.plumbing.database import copy_template
from tests.plumbing.ports import free_port
from tests.plumbing.processes import end, run_checked
from tests.plumbing.services import ROOT

START_SECONDS = 60  # longer than the slowest start seen on a busy machine

_SEED = """
import django
django.setup()
from django.core.management import call_command
from jiyue.organizations.credentials.second_factor import enrol
from jiyue.core import audit
from jiyue.core.tables import create_tables
from jiyue.publishing.services import refresh_all_sites
from jiyue.sites.models import Site
from tests.factories import World
create_tables()
call_command("make_keys", verbosity=0)
world = World()
for account in (world.author, world.lead, world.leader):
    enrol(account, actor=audit.PLATFORM)
world.news, world.county_news
Site.objects.filter(key="shi").update(port={city}, base_url="http://127.0.0.1:{city}")
Site.objects.filter(key="xian").update(port={county}, base_url="http://127.0.0.1:{county}")
refresh_all_sites()
"""


class Installation:
    """Two sites on SQLite in a folder; people and channels are those of `World`."""

    def __init__(self, folder: Path):
        self.ports = {"office": free_port(), "city": free_port(), "county": free_port()}
        self._processes: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("JIYUE_")},
            "JIYUE_DATA_DIR": str(folder),
            "JIYUE_SECRET_KEY": "only-for-this-test",
            "JIYUE_FRONT_SECRET_KEY": "only-for-this-test-too",
            "JIYUE_COOKIE_SECURE": "false",
            "JIYUE_DEMO": "true",
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "jiyue.config.settings.backoffice",
        }

    def url(self, part: str, path: str = "/") -> str:
        """Return an address of `office`, `city` or `county`."""
        return f"http://127.0.0.1:{self.ports[part]}{path}"

    def jiyue(self, *arguments: str) -> str:
        """Run one command and return what it prints."""
        command = [sys.executable, "-m", "jiyue", *arguments]
        return run_checked(command, env=self.environment, cwd=ROOT).strip()

    def seed(self) -> None:
        """Create databases, keys, people, sites and channels."""
        copy_template(Path(self.environment["JIYUE_DATA_DIR"]))
        script = _SEED.format(city=self.ports["city"], county=self.ports["county"])
        run_checked([sys.executable, "-c", script], env=self.environment, cwd=ROOT)

    def start(self) -> None:
        """Start every process and wait until the servers answer."""
        self._spawn(sys.executable, "-m", "jiyue", "worker")
        self.jiyue("collectstatic", "--noinput", "-v0")
        static = Path(self.environment["JIYUE_DATA_DIR"]) / "static"
        self._spawn(
            *(sys.executable, "-m", "granian", "--interface=wsgi", "--no-ws", "--log-level=warning"),
            *("--static-path-route=/static", f"--static-path-mount={static}"),
            *(f"--port={self.ports['office']}", "jiyue.config.wsgi_backoffice:application"),
        )
        for site in ("city", "county"):
            self._spawn(*serve_command(port=self.ports[site]), settings="front")
        deadline = time.monotonic() + START_SECONDS
        for port in self.ports.values():
            while not self._answers(port):
                assert time.monotonic() < deadline, f"nothing listens on port {port}"
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop every process."""
        for process in self._processes:
            process.terminate()  # all at once: each takes a while
        for process in self._processes:
            end(process)

    def _spawn(self, *command: str, settings: str = "backoffice") -> None:
        environment = {**self.environment, "DJANGO_SETTINGS_MODULE": f"jiyue.config.settings.{settings}"}
        self._processes.append(
            subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        )

    def _answers(self, port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
