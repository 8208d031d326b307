"""From the inner host outwards: pushed one way, taken over only if signed, shown while the origin is down."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from jiyue.core import crypto, signing
from jiyue.front.management.commands import mirror
from jiyue.front.mirror import TakenOver, take_over
from jiyue.front.nginx import BalancerOptions, balancer_config
from jiyue.front.sites import read_routes
from jiyue.front.tests.factories import PAGE, publish_sample_sites, write_moves
from jiyue.front.tests.serving import COUNTY, Server, nginx_command, running, start_nginx
from jiyue.publishing.manifest import KEY_NAME
from tests.plumbing.ports import free_port
from tests.plumbing.processes import run
from tests.plumbing.services import ROOT, require_service


class Inner:
    """An inner host with two published sites and the key that signs their manifests."""

    def __init__(self, folder: Path):
        self.output = publish_sample_sites(folder / "inner" / "public")
        self.search = folder / "inner" / "search"
        self.search.mkdir()
        self.sequence = 0
        self.sign()

    def sign(self, *site_keys: str) -> None:
        """Sign what is published now, as the sealer does: two parts a site."""
        self.sequence += 1
        for key in site_keys or ("city", "county"):
            folder = self.output / ".manifests" / key
            folder.mkdir(parents=True, exist_ok=True)
            parts = dict.fromkeys(("000", "001"), "")
            for file in sorted((self.output / key).rglob("*")):
                if file.is_file() and file.suffix != ".gz":
                    path = file.relative_to(self.output / key).as_posix()
                    line = f"{crypto.sm3_file_hex(file)} {file.stat().st_size} - {path}\n"
                    parts["001" if path.startswith("zwgk") else "000"] += line
            for name, text in parts.items():
                (folder / f"{name}.txt").write_text(text, encoding="utf-8")
            digests = {name: signing.digest(text.encode()) for name, text in parts.items()}
            statement = crypto.canonical_text({"site": key, "sequence": self.sequence, "parts": digests})
            signature = signing.sign(KEY_NAME, statement.encode())
            signed = json.dumps({"statement": statement, "signature": signature})
            (self.output / ".manifests" / f"{key}.json").write_text(signed, encoding="utf-8")


@pytest.fixture
def inner(tmp_path: Path, settings: Settings) -> Inner:
    settings.JIYUE_KEY_DIR = tmp_path / "keys"
    settings.JIYUE_OUTPUT_DIR = tmp_path / "shown"
    crypto.create_key_pair(KEY_NAME)
    return Inner(tmp_path)


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    return tmp_path / "shown"


def take(inner: Inner, shown: Path) -> dict[str, TakenOver]:
    return {done.site_key: done for done in take_over(inner.output, shown)}


def test_mirror_shows_what_was_signed_and_nothing_else(inner: Inner, shown: Path) -> None:
    (inner.output / "city" / "slipped-in.html").write_text("gambling")
    done = take(inner, shown)
    assert done["city"].is_complete
    assert done["city"].written == 14
    assert (shown / "city" / PAGE[1:]).read_bytes() == (inner.output / "city" / PAGE[1:]).read_bytes()
    assert not (shown / "city" / "slipped-in.html").exists()
    assert not (shown / "sites.json").exists()
    compressed = shown / "city" / f"{PAGE[1:]}.gz"
    assert gzip.decompress(compressed.read_bytes()) == (shown / "city" / PAGE[1:]).read_bytes()
    assert compressed.stat().st_mtime_ns == (inner.output / "city" / PAGE[1:]).stat().st_mtime_ns
    call_command(mirror.Command(), "--verify")
    again = take(inner, shown)
    assert [(each.written, each.removed) for each in again.values()] == [(0, 0), (0, 0)]


def test_changed_pages_follow_and_withdrawn_ones_go_even_if_others_wait(inner: Inner, shown: Path) -> None:
    take(inner, shown)
    changed, waiting = (
        inner.output / "city" / "zwgk" / "index.html",
        inner.output / "city" / "zwgk" / "2.html",
    )
    changed.write_text("second", encoding="utf-8")
    waiting.write_text("not here yet", encoding="utf-8")
    (inner.output / "city" / PAGE[1:]).unlink()
    inner.sign("city")
    waiting.unlink()  # the push is still under way
    done = take(inner, shown)["city"]
    assert (done.removed, done.waiting) == (1, ["city/zwgk/2.html"])
    assert not (shown / "city" / PAGE[1:]).exists()
    assert not (shown / "city" / f"{PAGE[1:]}.gz").exists()
    assert (shown / "city" / "zwgk" / "index.html").read_text() == "second"
    waiting.write_text("not here yet", encoding="utf-8")
    assert take(inner, shown)["city"].is_complete
    assert (shown / "city" / "zwgk" / "2.html").exists()
    waiting.unlink()
    inner.sign("city")
    assert take(inner, shown)["city"].removed >= 1
    assert not (shown / "city" / "zwgk" / "2.html").exists()


def spoil_page(inner: Inner) -> None:
    page = inner.output / "city" / PAGE[1:]
    page.write_bytes(page.read_bytes().replace("云汀".encode(), "赌博".encode()))


def link_page(inner: Inner) -> None:
    page = inner.output / "city" / PAGE[1:]
    page.rename(inner.output / "elsewhere")
    page.symlink_to(inner.output / "elsewhere")


def spoil_part(inner: Inner) -> None:
    part = inner.output / ".manifests" / "city" / "001.txt"
    part.write_text(part.read_text().replace("zwgk/index", "zwgk/other"), encoding="utf-8")


@pytest.mark.parametrize("spoil", [spoil_page, link_page, spoil_part])
def test_what_differs_from_the_signature_is_not_shown(inner: Inner, shown: Path, spoil) -> None:
    take(inner, shown)
    before = (shown / "city" / PAGE[1:]).read_bytes()
    with (inner.output / "city" / "index.html").open("a", encoding="utf-8") as file:
        file.write("new")
    publish_again = inner.output / "city" / "zwgk" / "3.html"
    publish_again.write_text("third", encoding="utf-8")
    inner.sign("city")
    spoil(inner)
    # Another part of the site isn't held up.
    shutil.rmtree(shown / "city" / "zwgk")
    (shown / ".manifests" / "city" / "001.txt").unlink()
    done = take(inner, shown)["city"]
    assert done.waiting
    assert (shown / "city" / "index.html").read_text(encoding="utf-8").endswith("new")
    page = shown / "city" / PAGE[1:]
    assert not page.exists() or page.read_bytes() == before


def forge_signature(inner: Inner) -> None:
    file = inner.output / ".manifests" / "city.json"
    signed = json.loads(file.read_text())
    statement = json.loads(signed["statement"])
    signed["statement"] = crypto.canonical_text({**statement, "sequence": 99})
    file.write_text(json.dumps(signed))


def take_from_another_site(inner: Inner) -> None:
    shutil.copy(inner.output / ".manifests" / "county.json", inner.output / ".manifests" / "city.json")


def leave_nonsense(inner: Inner) -> None:
    (inner.output / ".manifests" / "city.json").write_text("[")


@pytest.mark.parametrize("spoil", [forge_signature, take_from_another_site, leave_nonsense])
def test_statement_that_is_not_ours_changes_nothing(inner: Inner, shown: Path, spoil) -> None:
    take(inner, shown)
    (inner.output / "city" / PAGE[1:]).unlink()
    inner.sign("city")
    spoil(inner)
    done = take(inner, shown)
    assert done["city"].refusal
    assert done["county"].is_complete
    assert (shown / "city" / PAGE[1:]).exists()
    with pytest.raises(CommandError):
        call_command(mirror.Command(), str(inner.output))


def test_older_state_is_not_brought_back(inner: Inner, shown: Path, tmp_path: Path) -> None:
    """A withdrawn page stays withdrawn, although its old signature is genuine."""
    old = shutil.copytree(inner.output, tmp_path / "old")
    (inner.output / "city" / PAGE[1:]).unlink()
    inner.sign()
    take(inner, shown)
    [city, county] = take_over(old, shown)
    assert "older" in city.refusal
    assert county.refusal
    assert not (shown / "city" / PAGE[1:]).exists()


def test_older_state_is_not_brought_back_while_the_newest_still_arrives(
    inner: Inner, shown: Path, tmp_path: Path
) -> None:
    take(inner, shown)
    shutil.copytree(inner.output, tmp_path / "recorded")
    (inner.output / "city" / PAGE[1:]).unlink()  # withdrawn
    (inner.output / "city" / "zwgk" / "index.html").write_text("newer", encoding="utf-8")
    inner.sign("city")
    (inner.output / "city" / "zwgk" / "index.html").unlink()  # never arrives
    assert not take(inner, shown)["city"].is_complete
    shutil.rmtree(inner.output)
    shutil.copytree(tmp_path / "recorded", inner.output)
    assert take(inner, shown)["city"].refusal
    assert not (shown / "city" / PAGE[1:]).exists()


def test_changed_file_on_the_mirror_is_named(inner: Inner, shown: Path) -> None:
    take(inner, shown)
    (shown / "city" / PAGE[1:]).write_text("defaced")
    with pytest.raises(CommandError, match="1"):
        call_command(mirror.Command(), "--verify")


def test_command_refuses_to_take_over_from_the_folder_it_shows(inner: Inner, shown: Path) -> None:
    for arguments in ([], [str(shown)], [str(shown / "nothing-pushed-yet")]):
        with pytest.raises(CommandError):
            call_command(mirror.Command(), *arguments)


def push(inner: Inner, *targets: Path, output: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "deploy" / "push", output or inner.output, inner.search, *targets]
    return run([str(word) for word in command])


@pytest.mark.req("SEC-05")
def test_push_carries_pages_outwards_and_takes_back_what_is_gone(inner: Inner, tmp_path: Path) -> None:
    require_service("rsync")
    write_moves(inner.output, "city", {"/old/": "/zwgk/"})
    (inner.search / "meta.json").write_text("{}")
    (inner.output / ".publisher.lock").touch()
    (inner.output / "city" / ".index.html.new").write_text("half")
    (inner.output / "city" / "planted.html").symlink_to("/etc/passwd")
    one, two = tmp_path / "one", tmp_path / "two"
    for target in (one, two):
        target.mkdir()
    done = push(inner, one, tmp_path / "missing" / "deep", two)
    assert (done.returncode, "missing" in done.stderr) == (1, True)
    for target in (one, two):
        assert (target / "public" / "city" / f"{PAGE[1:]}.gz").exists()
        assert (target / "public" / ".redirects" / "city.json").exists()
        assert (target / "public" / ".manifests" / "city.json").exists()
        assert (target / "public" / "sites.json").exists()
        assert (target / "search" / "meta.json").exists()
        for name in (".publisher.lock", "city/.index.html.new", "city/planted.html"):
            assert not (target / "public" / name).exists()
    (inner.output / "city" / PAGE[1:]).unlink()
    (one / "public" / "city" / "slipped-in.html").write_text("gambling")
    (one / "public" / "city" / "index.html").write_text("gambling")
    before = {path: path.read_bytes() for path in inner.output.rglob("*.html") if not path.is_symlink()}
    assert push(inner, one).returncode == 0
    assert not (one / "public" / "city" / PAGE[1:]).exists()
    assert not (one / "public" / "city" / "slipped-in.html").exists()
    assert (one / "public" / "city" / "index.html").read_bytes() == before[inner.output / "city/index.html"]
    after = {path: path.read_bytes() for path in inner.output.rglob("*.html") if not path.is_symlink()}
    assert after == before  # nothing of a public host comes back


def test_push_of_an_unmounted_volume_removes_nothing(inner: Inner, tmp_path: Path) -> None:
    require_service("rsync")
    (tmp_path / "one").mkdir()
    push(inner, tmp_path / "one")
    (tmp_path / "empty").mkdir()
    done = push(inner, tmp_path / "one", output=tmp_path / "empty")
    assert (done.returncode, "nothing was pushed" in done.stderr) == (2, True)
    assert (tmp_path / "one" / "public" / "city" / PAGE[1:]).exists()


@pytest.mark.req("SEC-22")
@pytest.mark.slow
def test_mirror_shows_the_pages_while_the_origin_is_down(inner: Inner, shown: Path, tmp_path: Path) -> None:
    """Three real hosts on loopback: the origin is killed, visitors notice nothing; then it comes back."""
    require_service("nginx")
    take(inner, shown)
    routes = read_routes(inner.output / "sites.json")
    port, balanced = free_port(), free_port()
    origin, copy = (
        start_nginx(
            tmp_path / name,
            routes,
            port,
            upstream,
            output_dir=output,
            http_listen=f"{address}:{port}",
            balancers=("127.0.0.1",),
        )
        for name, address, output, upstream in (
            ("origin", "127.0.0.1", inner.output, free_port()),
            ("mirror", "127.0.0.2", shown, None),
        )
    )
    options = BalancerOptions(
        origin="127.0.0.1",
        mirror="127.0.0.2",
        http_port=str(port),
        http_listen=f"127.0.0.1:{balanced}",
        log_dir=None,
    )
    balancer = nginx_command(tmp_path / "balancer", balancer_config(routes, options))
    # The origin's page says where it is from.
    (inner.output / "county" / "index.html").write_text("from the origin", encoding="utf-8")
    visitors = Server("nginx", balanced)
    with ExitStack() as stack:
        stack.enter_context(running(copy, port, tmp_path / "mirror.log", address="127.0.0.2"))
        stack.enter_context(running(balancer, balanced, tmp_path / "balancer.log"))
        with running(origin, port, tmp_path / "origin.log") as process:
            page = visitors.ask(PAGE)
            assert page.status == 200
            assert visitors.ask("/", host=COUNTY).body == b"from the origin"
            os.killpg(process.pid, signal.SIGKILL)  # as if the machine had lost its power
            for _ in range(3):
                again = visitors.ask(PAGE)
                assert (again.status, again.body) == (200, page.body)
                assert again.headers["etag"] == page.headers["etag"]
            assert "青苇县首页" in visitors.ask("/", host=COUNTY).body.decode()
            for path in ("/search/?q=a", "/correction/", "/views/7"):
                away = visitors.ask(path)
                assert (away.status, away.headers["retry-after"]) == (503, "60")
                assert "稍后再试" in away.body.decode()
            sent = visitors.ask("/correction/", method="POST", body=b"text=x")
            assert sent.status in (502, 503)
        with running(origin, port, tmp_path / "origin.log"):
            deadline = time.monotonic() + 60  # it is asked again after a few seconds of rest
            while visitors.ask("/", host=COUNTY).body != b"from the origin":
                assert time.monotonic() < deadline
                time.sleep(0.2)
    assert "Traceback" not in (tmp_path / "balancer" / "error.log").read_text()


def test_both_hosts_away_is_said_plainly(inner: Inner, tmp_path: Path) -> None:
    require_service("nginx")
    routes, balanced = read_routes(inner.output / "sites.json"), free_port()
    options = BalancerOptions(
        origin="127.0.0.1",
        mirror="127.0.0.2",
        http_port=str(free_port()),
        http_listen=f"127.0.0.1:{balanced}",
        log_dir=None,
    )
    balancer = nginx_command(tmp_path / "balancer", balancer_config(routes, options))
    with running(balancer, balanced, tmp_path / "balancer.log"):
        reply = Server("nginx", balanced).ask(PAGE)
    assert (reply.status, reply.headers["cache-control"]) == (503, "no-store")
    assert "请" in reply.body.decode()
