"""Captured pages of former sites travel with a site: same addresses, days and decision."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.core.files import read_file
from jiyue.library.models import Edition, Resource
from jiyue.library.use.models import CorrectionFix, CorrectionRecord
from jiyue.publishing.exporting.importing import compare_pages
from jiyue.publishing.exporting.sources import opening
from jiyue.publishing.exporting.tests.elsewhere import export, platform, take_in
from jiyue.publishing.exporting.tests.former_site import change_rows, fill_archive
from jiyue.publishing.exporting.tests.test_refusals import sign_again
from jiyue.publishing.reconcile import find_discrepancies
from jiyue.publishing.tests.output import correct
from jiyue.publishing.visits.models import ReferralCount
from jiyue.publishing.webarchive.models import Capture, CapturedFile, CapturedPage
from jiyue.publishing.webarchive.moving import get_redirects
from jiyue.search.selectors import search_site
from jiyue.sites.models import MourningPeriod, Site
from jiyue.sites.mourning import order_mourning
from tests.factories import World

pytestmark = pytest.mark.django_db

KEPT = ("id", "key", "path", "title", "body_html", "text", "names", "original_address", "original_sm3")


def public_pages() -> list[tuple]:
    rows = CapturedPage.objects.filter(archived_on__isnull=False, withdrawn_on=None).order_by("pk")
    return list(rows.values_list(*KEPT, "archived_on", "capture__captured_on", "capture__manifest_digest"))


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """Where exports are kept once they were made, with what the first platform knew."""
    return tmp_path_factory.mktemp("captured-exports")


@pytest.fixture
def exported(kept, tmp_path, settings):
    """A site with captured pages as two folders, without and with history; its platform is gone."""
    if not (kept / "known.json").exists():
        with platform(settings, tmp_path / "first"):
            world = World()
            item = world.publish(channels=(world.news,))
            correct(world, item, title="更正后的标题")
            fill_archive(world, tmp_path)
            starts_at = clock.now() + timedelta(days=1)
            order_mourning(
                sites=[world.portal],
                starts_at=starts_at,
                ends_at=starts_at + timedelta(days=1),
                reason="按公告",
                actor=world.lead,
            )
            ReferralCount.objects.create(site=world.portal, day=clock.today(), host="baidu.com", count=7)
            export(world.portal, kept / "plain")
            export(world.portal, kept / "history", with_history=True)
            known = {"pages": public_pages(), "redirects": get_redirects(world.portal.pk)}
            (kept / "known.json").write_text(json.dumps(known, default=str))
    shutil.copytree(kept, tmp_path / "exports")
    return tmp_path / "exports"


@pytest.mark.req("SITE-23")
def test_captured_pages_come_back_under_the_same_addresses_with_days_and_decision(exported):
    known = json.loads((exported / "known.json").read_text())
    plain = exported / "plain"
    words = b"\n".join(path.read_bytes() for path in plain.rglob("*") if path.is_file())
    for secret in ("魑魅魍魉", "内容有误", "按公告", "改版前的旧站", "baidu.com"):
        assert secret.encode() not in words
    assert not (plain / "history/archive").exists()
    report = take_in(plain)
    with opening(plain) as reader:
        assert list(compare_pages(reader, report.site)) == []
    assert find_discrepancies() == []
    assert json.loads(json.dumps(public_pages(), default=str)) == known["pages"]
    assert get_redirects(report.site.pk) == known["redirects"]
    assert search_site(site_key="shi", text="沧浪之水").total == 1
    capture = Capture.objects.select_related("change").get()
    assert (capture.change.proposer_name, capture.change.decider_name) == ("乙", "戊")
    page = CapturedPage.objects.select_related("original").earliest("pk")
    assert page.original.original_name == "original.txt"
    assert CapturedFile.objects.count() == 1
    assert MourningPeriod.objects.get().site == report.site
    assert not CorrectionRecord.objects.exists()


def test_history_brings_originals_withdrawn_pages_corrections_and_sums_of_visits(exported):
    take_in(exported / "history")
    page = CapturedPage.objects.select_related("original", "capture").get(path="archive/b/gone.html")
    assert page.withdrawal_reason == "内容有误"
    assert "魑魅魍魉撤下".encode() in read_file(page.original)
    assert page.withdrawn_on == clock.today()
    assert (page.capture.pages.count(), page.capture.files.count()) == (4, 2)
    assert page.capture.source_name == "former"
    assert CorrectionRecord.objects.get().fix == CorrectionFix.objects.get()
    assert ReferralCount.objects.get().count == 7
    assert MourningPeriod.objects.get().reason == "按公告"


def first_page(**values: object):
    def change(row: dict) -> dict:
        return row | values if row["key"] == "a/one.html" else row

    return change


def forged_digest(row: dict) -> dict:
    return row | {"manifest_digest": "0" * 64}


def other_decision(row: dict) -> dict:
    return row | {"change__topic": "publishing.archive"}


def other_site(row: dict) -> dict:
    return row | {"site": row["site"] + 1}


FORGERIES = [
    ("captured_pages", first_page(path="../../etc/passwd.html")),
    ("captured_pages", first_page(path="yaowen/index.html")),
    ("captured_pages", first_page(path="archive/files/x.html")),
    ("captured_pages", first_page(key="../../x.html")),
    ("captured_pages", first_page(key="a\nb.html")),
    ("captured_pages", first_page(body_html="<script>alert(1)</script><p>文字</p>", names=[])),
    ("captured_pages", first_page(body_html="<p>文字</p>")),
    ("captured_pages", first_page(title="长" * 301)),
    ("captured_pages", first_page(archived_on="2999-01-01")),
    ("captured_pages", first_page(original_sm3="<b>")),
    ("captured_pages", first_page(original_file="data/people.jsonl")),
    ("captured_pages", first_page(capture=999)),
    ("captured_files", lambda row: row | {"name": "../" + row["name"]}),
    ("captured_files", lambda row: row | {"name": "0" * 32 + ".png"}),
    ("captured_files", lambda row: row | {"name": row["name"][:32] + ".html"}),
    ("captured_files", lambda row: row | {"file": "data/people.jsonl"}),
    ("captured_files", lambda row: row | {"file__sm3": "0" * 64}),
    ("captures", forged_digest),
    ("captures", other_decision),
    ("captures", other_site),
    ("captures", lambda row: row | {"page_count": 1}),
    ("captures", lambda row: row | {"surprise": 1}),
]


@pytest.mark.parametrize("number", range(len(FORGERIES)))
def test_captured_rows_that_a_capture_would_not_leave_are_refused_even_when_signed(exported, number):
    name, change = FORGERIES[number]
    change_rows(exported / f"plain/data/{name}.jsonl", change)
    sign_again(exported / "plain")
    assert_refused(exported / "plain")


def test_whole_capture_that_differs_from_the_decision_and_an_oversized_file_are_refused(
    exported, monkeypatch
):
    change_rows(exported / "history/data/captured_pages.jsonl", first_page(title="改过的标题"))
    sign_again(exported / "history")
    assert_refused(exported / "history")
    monkeypatch.setattr("jiyue.publishing.exporting.captured_import.MAX_FILE_BYTES", 10)
    assert_refused(exported / "plain")


def test_signing_again_alone_is_no_reason_to_refuse(exported):
    change_rows(exported / "plain/data/captured_pages.jsonl", first_page())
    sign_again(exported / "plain")
    take_in(exported / "plain")
    assert CapturedPage.objects.count() == 3


def assert_refused(path: Path) -> None:
    with pytest.raises(DomainError) as refusal:
        take_in(path)
    assert str(refusal.value.fix)
    assert not any(model.objects.exists() for model in (Site, Resource, Edition, CapturedPage))
