"""How the embedded server is started: one process a site, or one for all behind a proxy."""

import sys
from pathlib import Path

APPLICATION = "jiyue.config.wsgi_front:application"
# Files and searches spend their time in system calls and in the engine, which
# both let other threads run.
THREADS = 4
BACKLOG = 1024  # connections waiting


def serve_command(*, port: int, host: str = "127.0.0.1") -> list[str]:
    """Return the command line of one public process.

    Run it with `DJANGO_SETTINGS_MODULE=jiyue.config.settings.front` and the
    `JIYUE_*` variables of the front. It ends on SIGTERM.

    Args:
        port: Port to listen at. A process at a site's own port answers for that
            site; any process answers for every site by host name.
        host: Address to listen at.
    """
    granian = str(Path(sys.executable).with_name("granian"))
    return [
        granian,
        "--interface=wsgi",
        f"--host={host}",
        f"--port={port}",
        "--workers=1",
        f"--blocking-threads={THREADS}",
        f"--backlog={BACKLOG}",
        "--no-ws",
        "--log-level=warning",
        APPLICATION,
    ]
