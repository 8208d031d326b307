"""Full rebuild of a site beside Hugo on the same pages.

Both write the same detail pages, list pages, feeds, sitemap and home page from
a state that is already there: ours from the database, Hugo's from its content
files. "Pages alone" leaves out what Hugo doesn't do either: compressed copies,
digests, manifest, replacement by rename. "With everything" is what the product
does. Each run writes into a new folder; what earlier runs wrote is put aside,
because a file system without a journal makes files slowly for minutes after
many were deleted, whoever made them.
"""

import os
from functools import partial
from pathlib import Path

import pytest

from bench.empty_platform import migrate_platform, open_platform

PLATFORM = open_platform("rebuild")

from bench.harness import (  # noqa: E402
    Cost,
    Figure,
    Scale,
    alternate,
    cost_of,
    cost_of_command,
    faster,
    median_wall,
    put_aside,
)
from bench.hugo import build_command  # noqa: E402
from bench.hugo_source import write_hugo_source  # noqa: E402
from bench.published_corpus import add_editions, make_site, make_staff  # noqa: E402
from jiyue.organizations.enums import StaffRole  # noqa: E402
from jiyue.publishing import publisher  # noqa: E402
from jiyue.publishing.delivery.local import LocalStore  # noqa: E402
from jiyue.publishing.delivery.stores import output_root  # noqa: E402
from jiyue.publishing.rebuild import rebuild_site  # noqa: E402
from jiyue.publishing.store import WrittenFile  # noqa: E402
from jiyue.sites.models import Site  # noqa: E402

NAME = "rebuild"
COUNTS: dict[Scale, int] = {"ci": 20_000, "100k": 100_000, "1m": 200_000}
CHANNELS = 10
PEER = "Hugo 0.168"
_PLAIN_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def run(scale: Scale) -> list[Figure]:
    """Measure both ways of rebuilding beside Hugo."""
    count = COUNTS[scale]
    migrate_platform()
    staff = make_staff()
    author = staff[StaffRole.ENTRY_CLERK]
    site, channels = make_site(author.unit, CHANNELS)
    add_editions(site, channels, author, count)
    source, output = PLATFORM / "hugo", PLATFORM / "hugo-output"
    write_hugo_source(source, site, channels)

    def hugo() -> Cost:
        put_aside(output)
        return cost_of_command(build_command(source, output))

    figures = []
    for figure, target, everything in (
        ("rebuild, pages alone", ">= 6 x", False),
        ("rebuild, with copies, digests, manifest, renames", ">= 3 x", True),
    ):
        ours, peer = alternate(partial(_rebuild, site, everything=everything), hugo)
        _check_same_number(output, count)
        seconds, peer_seconds = median_wall(ours), median_wall(peer)
        figures.append(
            faster(f"{figure}, {count:,} articles", seconds, PEER, peer_seconds, unit="s", target=target)
        )
    return figures


def _rebuild(site: Site, *, everything: bool) -> Cost:
    put_aside(output_root())
    if everything:
        return cost_of(lambda: rebuild_site(site.pk))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalStore, "write", _write_plainly)
        patch.setattr(publisher, "record_files", _do_nothing)
        patch.setattr(os, "sync", _do_nothing)
        return cost_of(lambda: rebuild_site(site.pk))


def _do_nothing(*_: object) -> None:
    """Stand in for what Hugo doesn't do either."""


def _write_plainly(store: LocalStore, path: str, data: bytes) -> WrittenFile:
    folder, _, name = path.rpartition("/")
    descriptor = os.open(name, _PLAIN_FLAGS, 0o644, dir_fd=store._folder(folder, create=True))
    os.write(descriptor, data)
    os.close(descriptor)
    return WrittenFile(path, len(data), "")


def _check_same_number(output: Path, count: int) -> None:
    ours = sum(1 for path in output_root().glob("bench/*/*/*.html"))
    peer = sum(1 for path in output.glob("*/*/*.html"))
    assert ours == count, ours
    assert peer >= count, peer
