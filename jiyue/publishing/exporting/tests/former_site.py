"""A site with pages captured from a former one: public, withdrawn, waiting; made in one go."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image

from jiyue.core import clock, outbox, two_person
from jiyue.publishing.webarchive.capture_keeping import withdraw_captured
from jiyue.publishing.webarchive.capturing import capture_site
from jiyue.publishing.webarchive.models import Capture, CapturedPage
from tests.factories import World

PAGES = {
    "a/one.html": "<h1>旧站通知</h1><p>沧浪之水清兮。</p><img src='img/a.png' alt='图'>",
    "news.asp?id=12": "<h1>动态新闻</h1><p>十二号新闻的文字。</p>",
    "通知/第一号.html": "<h1>中文地址</h1><p>中文地址的文字。</p>",
    "b/gone.html": "<h1>旧站错误</h1><p>魑魅魍魉撤下。</p><img src='../a/img/b.png' alt='图'>",
}


def picture(colour: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


def capture(world: World, root: Path, pages: dict[str, str]) -> Capture:
    """Propose pages of a copy."""
    files = {"a/img/a.png": picture("red"), "a/img/b.png": picture("blue")}
    html = {name: f"<html><body>{body}</body></html>".encode() for name, body in pages.items()}
    for name, data in (files | html).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    report = capture_site(
        site=world.portal, source=root, captured_on=clock.today(), reason="改版前的旧站", actor=world.lead
    )
    assert report.capture is not None
    return report.capture


def confirm(world: World, capture: Capture) -> None:
    change = capture.change
    assert change is not None
    actor = world.manager.audit_actor()
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=actor)
    outbox.drain()


def fill_archive(world: World, root: Path) -> None:
    """Four pages confirmed, one of them withdrawn; one more waits."""
    confirm(world, capture(world, root / "former", PAGES))
    page = CapturedPage.objects.get(path="archive/b/gone.html")
    withdraw_captured(page=page, reason="内容有误", actor=world.leader)
    outbox.drain()
    capture(world, root / "waiting", {"c/wait.html": "<h1>未决</h1><p>魑魅魍魉未决。</p>"})


def change_rows(file: Path, change: Callable[[dict], dict]) -> None:
    """Write the rows of an export's file otherwise."""
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    file.write_text("".join(json.dumps(change(row), ensure_ascii=False) + "\n" for row in rows), "utf-8")
