"""Pages of a former site become public by the decision of two people, cleaned, and nothing before."""

from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from PIL import Image
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from jiyue.core import clock, outbox, two_person
from jiyue.core.models import AuditEntry, PrivateFile
from jiyue.publishing.integrity.restoring import settle
from jiyue.publishing.rebuild import rebuild_site
from jiyue.publishing.reconcile import find_discrepancies, repair_discrepancies
from jiyue.publishing.tests.output import files_of, occurrences, read, root_of
from jiyue.publishing.webarchive.capture_keeping import withdraw_captured
from jiyue.publishing.webarchive.capture_sources import CaptureRefused, key_of
from jiyue.publishing.webarchive.capturing import capture_site
from jiyue.publishing.webarchive.models import Capture, CapturedFile, CapturedPage
from jiyue.publishing.webarchive.moving import get_redirects
from jiyue.search.selectors import search_site
from jiyue.sites.keeping import NotSiteKeeper
from tests.factories import World

pytestmark = pytest.mark.django_db

HOSTILE = (
    "<html><head><title>旧站通知</title><script>alert(1)</script><style>p{}</style></head>"
    "<body onload='x()'><h1>旧站通知标题</h1><p onclick='y()'>沧浪之水清兮，可以濯我缨。</p>"
    "<iframe src='http://evil.example/'></iframe><form action='/x'><input name=a></form>"
    "<img src='img/a.png'><img src='http://evil.example/p.png'>"
    "<p><a href='../b/Two.HTM'>另一页</a> <a href='javascript:z()'>坏</a> "
    "<a href='http://www.gov.cn/x'>外链</a></p><p>未关闭<b>粗"
)


@pytest.fixture
def world() -> World:
    world = World()
    world.publish(channels=(world.news,))
    assert all((world.lead, world.manager, world.leader))
    return world


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "former"
    for name, data in {
        "a/one.html": HOSTILE.encode("gb18030"),
        "a/img/a.png": picture(),
        "b/Two.HTM": "<html><body><h1>第二页</h1><p>第二页的文字。</p></body></html>".encode(),
        "show.asp?id=5.html": "<html><body><p>动态页面的文字。</p></body></html>".encode("utf-16"),
        "yaowen/index.html": "<html><body><h1>旧要闻</h1><p>旧的要闻列表。</p></body></html>".encode(),
        "a/x.js": b"alert(1)",
        "a/tool.html": b"MZ\x90\x00binary",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "secret.html").write_text("<html><body><p>系统秘密</p></body></html>")
    (root / "link.html").symlink_to(tmp_path / "secret.html")
    return root


def capture(world: World, source: Path, **values: object):
    defaults = {"captured_on": clock.today(), "reason": "改版前的旧站", "actor": world.lead}
    return capture_site(site=world.portal, source=source, **{**defaults, **values})


def confirm(world: World) -> None:
    change = Capture.objects.latest("pk").change
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=world.manager.audit_actor())
    outbox.drain()


@pytest.mark.req("SITE-23")
def test_captured_pages_are_nowhere_public_before_the_decision_and_marked_everywhere_after_it(world, folder):
    before = files_of(world.portal)
    report = capture(world, folder)
    assert (report.pages, report.files) == (4, 1)
    assert sum(report.left_out.values()) == 3
    outbox.drain()
    assert files_of(world.portal) == before
    assert occurrences("沧浪之水") == []
    assert search_site(site_key=world.portal.key, text="沧浪之水").hits == ()
    assert find_discrepancies() == []
    with pytest.raises(DatabaseError), transaction.atomic():
        CapturedPage.objects.update(archived_on=clock.today())
    with pytest.raises(CaptureRefused):
        capture(world, folder)  # one waits already
    confirm(world)
    today = clock.today().isoformat()
    page = read(world.portal, "archive/a/one.html")
    assert 'class="archived"' in page
    assert f'<time datetime="{today}">{today}</time>' in page
    assert "沧浪之水清兮" in page
    body = CapturedPage.objects.get(path="archive/a/one.html").body_html
    for gone in ("script", "onclick", "iframe", "form", "evil", "javascript", "style"):
        assert gone not in body
    name = CapturedFile.objects.get().name
    assert f'src="/archive/files/{name}"' in body
    assert (root_of(world.portal) / "archive/files" / name).exists()
    assert 'href="/archive/b/two.html"' in body
    assert "系统秘密" not in "".join(CapturedPage.objects.values_list("text", flat=True))
    redirects = get_redirects(world.portal.pk)
    assert redirects["/a/one.html"] == "/archive/a/one.html"
    assert redirects["/b/Two.HTM"] == "/archive/b/two.html"
    assert "旧的要闻列表" not in read(world.portal, "yaowen/index.html")  # a live page is never touched
    assert read(world.portal, "sitemap-archive-1.xml").count("<changefreq>never</changefreq>") == 4
    assert "sitemap-archive-1.xml" in read(world.portal, "sitemap.xml")
    hits = search_site(site_key=world.portal.key, text="沧浪之水").hits
    assert [(hit.url, hit.archived_on) for hit in hits] == [("/archive/a/one.html", today)]
    assert find_discrepancies() == []
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"webarchive.captured", "webarchive.capture_confirmed"} <= verbs
    assert PrivateFile.objects.filter(purpose="publishing.capture").count() == 5
    with pytest.raises(DatabaseError), transaction.atomic():
        CapturedPage.objects.update(body_html="<p>篡改</p>")
    assert capture_is_refused(world, folder)  # everything is there already


def capture_is_refused(world: World, source: Path) -> bool:
    with pytest.raises(CaptureRefused):
        capture(world, source)
    return True


@pytest.mark.req("SITE-23")
def test_tampered_captured_page_is_restored_rebuilt_and_withdrawn_at_once(world, folder):
    capture(world, folder)
    confirm(world)
    root = root_of(world.portal)
    path = root / "archive/a/one.html"
    good = path.read_bytes()
    path.write_bytes(b"changed")
    path.with_name("one.html.gz").unlink()
    (root / "archive/planted.html").write_text("x")
    settle(world.portal, ["archive/a/one.html", "archive/planted.html"])
    outbox.drain()
    assert path.read_bytes() == good
    assert not (root / "archive/planted.html").exists()
    name = CapturedFile.objects.get().name
    (root / "archive/files" / name).unlink()
    repair_discrepancies(find_discrepancies())
    assert find_discrepancies() == []
    path.unlink()
    rebuild_site(world.portal.pk, workers=1)
    assert path.read_bytes() == good
    page = CapturedPage.objects.get(path="archive/a/one.html")
    for account in (world.lead, world.other_leader, world.inspector):
        with pytest.raises(CaptureRefused):
            withdraw_captured(page=page, reason="不宜公开", actor=account)
    with pytest.raises(CaptureRefused):
        withdraw_captured(page=page, reason=" ", actor=world.leader)
    withdraw_captured(page=page, reason="不宜公开", actor=world.leader)
    outbox.drain()
    assert occurrences("沧浪之水") == []
    assert not (root / "archive/files" / name).exists()
    assert "/a/one.html" not in get_redirects(world.portal.pk)
    assert search_site(site_key=world.portal.key, text="沧浪之水").hits == ()
    assert find_discrepancies() == []
    assert AuditEntry.objects.filter(verb="webarchive.capture_withdrawn").count() == 1
    with pytest.raises(CaptureRefused):
        withdraw_captured(page=page, reason="再来", actor=world.leader)


def test_warc_gives_pages_of_its_main_host_each_once(world, tmp_path, capsys):
    source = tmp_path / "old.warc.gz"
    with source.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        for address, status, text in (
            ("http://old.example/", "200 OK", "旧站首页"),
            ("http://old.example/n/1.html", "200 OK", "旧站第一条"),
            ("http://old.example/n/1.html", "200 OK", "同一地址又一次"),
            ("http://old.example/gone.html", "404 Not Found", "没有了"),
            ("http://old.example/../../etc/passwd.html", "200 OK", "攀爬"),
            ("http://ads.example/x.html", "200 OK", "广告"),
        ):
            body = f"<html><body><p>{text}<a href='/n/1.html'>一</a></p></body></html>".encode("gbk")
            headers = StatusAndHeaders(status, [("Content-Type", "text/html")], protocol="HTTP/1.1")
            record = writer.create_warc_record(
                address, "response", payload=BytesIO(body), length=len(body), http_headers=headers
            )
            writer.write_record(record)
    call_command("capture-site", "shi", "--from", source, "--actor", "yi", "--dry-run")
    assert "2" in capsys.readouterr().out
    assert not Capture.objects.exists()
    assert not PrivateFile.objects.exists()
    call_command("capture-site", "shi", "--from", source, "--actor", "yi", "--captured-on", "2026-01-02")
    confirm(world)
    assert {"archive/index.html", "archive/n/1.html"} <= files_of(world.portal)
    page = read(world.portal, "archive/index.html")
    assert "http://old.example/" in page
    assert "2026-01-02" in page
    assert "旧站第一条" in read(world.portal, "archive/n/1.html")
    assert "攀爬" not in "".join(CapturedPage.objects.values_list("text", flat=True))


def test_refusals_say_why_and_leave_nothing(world, folder, tmp_path, monkeypatch):
    broken = tmp_path / "broken.warc.gz"
    broken.write_bytes(b"\x1f\x8bnot a warc")
    empty = tmp_path / "empty"
    empty.mkdir()
    link = tmp_path / "linked"
    link.symlink_to(folder)
    for source in (broken, empty, link, tmp_path / "missing", tmp_path / "secret.html"):
        with pytest.raises(CaptureRefused):
            capture(world, source)
    for account in (world.author, world.other_lead):
        with pytest.raises(NotSiteKeeper):
            capture(world, folder, actor=account)
    with pytest.raises(CaptureRefused):
        capture(world, folder, captured_on=clock.today().replace(year=2999))
    with pytest.raises(CommandError):
        call_command("capture-site", "nowhere", "--from", folder, "--actor", "yi")
    monkeypatch.setattr("jiyue.publishing.webarchive.capturing.MAX_PAGES", 1)
    with pytest.raises(CaptureRefused):
        capture(world, folder)
    monkeypatch.setattr("jiyue.publishing.webarchive.capture_sources.MAX_TOTAL_BYTES", 10)
    with pytest.raises(CaptureRefused):
        capture(world, folder)
    assert not Capture.objects.exists()
    assert key_of("http://x/%E6%97%A7/?a=%31") == "旧/index.html?a=1"
