"""Export of a whole site beside `tar` of the same public files.

`tar` reads files and writes them one behind the other. The export does that,
compares every file with the site's manifest, adds data, history and the list
of digests, and signs it; with a web archive it reads and compresses everything
once more. Memory is the growth of this process while it exports.
"""

import re
from functools import partial
from pathlib import Path

from bench.empty_platform import migrate_platform, open_platform

PLATFORM = open_platform("export")

from bench.harness import Cost, Figure, Scale, alternate, cost_of, cost_of_command, faster, median_wall  # noqa: E402
from bench.published_corpus import add_editions, make_site, make_staff  # noqa: E402
from jiyue.core import outbox  # noqa: E402
from jiyue.organizations.enums import StaffRole  # noqa: E402
from jiyue.publishing.delivery.stores import site_root  # noqa: E402
from jiyue.publishing.exporting.services import export_site  # noqa: E402
from jiyue.publishing.rebuild import rebuild_site  # noqa: E402
from jiyue.sites.models import Site  # noqa: E402

NAME = "export"
COUNTS: dict[Scale, int] = {"ci": 20_000, "100k": 100_000, "1m": 200_000}
CHANNELS = 10
PEER = "GNU tar"
TARGET = "site.tar"


def run(scale: Scale) -> list[Figure]:
    """Export to a tar file, without and with a web archive, and print the growth of memory."""
    count = COUNTS[scale]
    migrate_platform()
    author = make_staff()[StaffRole.ENTRY_CLERK]
    site, channels = make_site(author.unit, CHANNELS)
    add_editions(site, channels, author, count)
    rebuild_site(site.pk)
    outbox.drain()

    def tar() -> Cost:
        (PLATFORM / "peer.tar").unlink(missing_ok=True)
        command = [
            "tar",
            "-cf",
            str(PLATFORM / "peer.tar"),
            "--exclude=*.gz",
            "-C",
            str(site_root(site.key)),
            ".",
        ]
        return cost_of_command(command)

    figures = []
    Path("/proc/self/clear_refs").write_text("5")  # the highest mark of memory begins anew
    before = _peak_kib()
    for label, with_warc in (("export", False), ("export with a web archive", True)):
        ours, peer = alternate(partial(_export, site, with_warc=with_warc), tar)
        figures.append(
            faster(
                f"{label}, {count:,} articles",
                median_wall(ours),
                PEER,
                median_wall(peer),
                unit="s",
                target=">= 0.1 x",
            )
        )
    growth = (_peak_kib() - before) / 1024
    figures.append(Figure(f"memory added by exports of {count:,} articles", growth, "MiB", "<= 200"))
    return figures


def _export(site: Site, *, with_warc: bool) -> Cost:
    destination = PLATFORM / TARGET
    destination.unlink(missing_ok=True)
    return cost_of(
        lambda: export_site(
            site=site, destination=destination, actor=None, operator="bench", with_warc=with_warc
        )
    )


def _peak_kib() -> int:
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0
