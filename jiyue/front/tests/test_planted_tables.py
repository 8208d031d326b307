"""Whatever is planted in the place of the tables that the public process reads, nobody waits for it."""

import json
import os
from pathlib import Path

import pytest

from jiyue.front import sites
from jiyue.front.moved import FOLDER, MovedAddresses
from jiyue.front.sites import TABLE_NAME, RoutingTable
from jiyue.front.tests.factories import write_moves


def test_pipe_or_link_in_the_place_of_moved_addresses_leads_nowhere(output: Path, tmp_path: Path) -> None:
    write_moves(output, "city", {"/old/": "/new/"})
    table = output / FOLDER / "city.json"
    assert MovedAddresses(output).find("city", "/old/") == "/new/"
    elsewhere = tmp_path / "elsewhere.json"
    table.rename(elsewhere)
    table.symlink_to(elsewhere)
    assert MovedAddresses(output).find("city", "/old/") == ""
    table.unlink()
    os.mkfifo(table)
    assert MovedAddresses(output).find("city", "/old/") == ""


@pytest.mark.parametrize("what", ["pipe", "folder", "link", "deep", "host", "climbing", "gone"])
def test_sites_known_so_far_stay_up_whatever_stands_in_the_place_of_their_table(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(sites, "LOOK_AGAIN_SECONDS", 0)
    path = output / TABLE_NAME
    table = RoutingTable(path)
    entries = json.loads(path.read_text())
    host = str(entries[0]["host"])
    before = table.find(host, 0)
    assert before is not None
    path.rename(tmp_path / "kept.json")
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "link":
        path.symlink_to(tmp_path / "kept.json")
    elif what == "deep":
        path.write_text("[" * 100_000)
    elif what == "host":
        path.write_text(json.dumps([entries[0] | {"host": 5}]))
    elif what == "climbing":
        path.write_text(json.dumps([entries[0] | {"key": "../private"}]))
    assert table.find(host, 0) == (None if what == "gone" else before)
