"""Starting the demonstration: once per folder, on its own ports, refused before anything is lost."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from jiyue.demo import loading, processes
from jiyue.demo.management.commands.demo import Command
from jiyue.search.engine import Delete
from jiyue.search.tantivy_index import TantivyIndex
from jiyue.sites.models import Site
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_folder(tmp_path: Path, settings: object) -> Path:
    """An empty demonstration."""
    settings.JIYUE_DEMO = True  # type: ignore[attr-defined]
    settings.DATA_DIR = tmp_path / "demo"  # type: ignore[attr-defined]
    return tmp_path / "demo"


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port at which another program listens."""
    with socket.create_server((processes.HOST, 0)) as server:
        yield server.getsockname()[1]


def test_second_start_in_the_same_folder_is_refused_and_loses_nothing(demo_folder: Path) -> None:
    with processes.only_one(demo_folder):
        (demo_folder / "jiyue.sqlite3").write_bytes(b"the city")
        with pytest.raises(CommandError, match=r"已在运行|running already"):
            call_command("demo", "--reset")
    assert (demo_folder / "jiyue.sqlite3").read_bytes() == b"the city"


def test_taken_port_is_named_before_anything_is_loaded_or_thrown_away(
    demo_folder: Path, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_folder.mkdir()
    (demo_folder / "jiyue.sqlite3").write_bytes(b"the city")
    monkeypatch.setenv("JIYUE_DEMO_PORT", str(taken_port))
    for arguments in ([], ["--reset"]):
        with pytest.raises(CommandError, match=rf"{taken_port}.*make demo-reset"):
            call_command("demo", *arguments)
    assert (demo_folder / "jiyue.sqlite3").read_bytes() == b"the city"


def test_loaded_city_keeps_its_ports(world: World) -> None:
    Site.objects.filter(pk=world.portal.pk).update(port=8301)
    assert loading.loaded_port(0) == loading.loaded_port(8300) == 8300
    with pytest.raises(loading.LoadedForOtherPorts) as refusal:
        loading.loaded_port(8400)
    assert "JIYUE_DEMO_PORT=8400 make demo-reset" in str(refusal.value.fix)


def test_loading_leaves_the_search_index_to_the_worker(world: World) -> None:
    """The process that loaded the city lives on as the supervisor; the worker must be able to write."""
    world.decide_all(world.submitted())
    Command()._publish()
    TantivyIndex(Path(settings.JIYUE_SEARCH_DIR)).apply([Delete("1")])
