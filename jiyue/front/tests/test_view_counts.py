"""View counts: batches without a trace of readers, totals without a database."""

from pathlib import Path
from unittest import mock

import pytest
import time_machine
from django.db import OperationalError

from jiyue.core import inbox
from jiyue.core.models import InboxSubmission
from jiyue.front import view_counts
from jiyue.front.tests.visitor import Visitor
from jiyue.front.view_counts import ViewCounter
from jiyue.front.views import counts


def test_view_is_counted_and_told_at_once(visitor: Visitor) -> None:
    assert visitor.get("/views/7").json == {"views": 1}
    answer = visitor.get("/views/7")
    assert answer.json == {"views": 2}
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{"Sec_Purpose": "prefetch"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}],
)
def test_prefetch_and_other_websites_count_nothing(visitor: Visitor, headers: dict[str, str]) -> None:
    assert visitor.get("/views/7", **headers).json == {"views": 0}


def test_head_counts_nothing(visitor: Visitor) -> None:
    visitor.request("HEAD", "/views/7")
    assert counts.COUNTER.pending(7) == 0


@pytest.mark.parametrize("path", ["/views/", "/views/x", "/views/-1", "/views/1/2", "/views/" + "9" * 16])
def test_views_of_nothing_are_not_found(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status == 404


@pytest.mark.django_db
def test_batch_is_one_submission_with_sums_only(visitor: Visitor) -> None:
    for path in ("/views/7", "/views/7", "/views/8"):
        visitor.get(path)
    assert counts.COUNTER.flush() == 3
    assert counts.COUNTER.flush() == 0
    row = InboxSubmission.objects.get()
    assert (row.topic, row.site_key) == ("views", "")
    assert counts.COUNTER.pending(7) == 0


def test_unsent_batch_is_kept_for_the_next_time(visitor: Visitor) -> None:
    counter = ViewCounter()
    counter.add(7)
    with mock.patch.object(inbox, "store", side_effect=OperationalError("locked")):
        assert counter.flush() == 0
    assert counter.pending(7) == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_counts, "MAX_IDS", 2)
    counter = ViewCounter()
    for resource_id in (1, 2, 3, 1):
        counter.add(resource_id)
    assert [counter.pending(resource_id) for resource_id in (1, 2, 3)] == [2, 1, 0]


def test_rest_is_sent_when_the_process_ends(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = mock.Mock(return_value="CODE")
    monkeypatch.setattr(inbox, "store", sent)
    counter = ViewCounter()
    counter.start()
    counter.add(7)
    counter.stop()
    assert sent.call_args.kwargs["fields"] == {"7": "1"}


def test_total_comes_from_the_published_file(visitor: Visitor, output: Path) -> None:
    (output / ".views").mkdir()
    (output / ".views" / "0.json").write_text('{"7":41}')
    assert visitor.get("/views/7").json == {"views": 42}


def referrals(counter: ViewCounter) -> dict[str, int]:
    """Send what was counted, and return the sums by host."""
    with mock.patch.object(inbox, "store", return_value="CODE") as store:
        counter.flush()
    fields = store.call_args.kwargs["fields"] if store.called else {}
    return {
        key.split(":", 3)[3]: int(number) for key, number in fields.items() if key.startswith("referral:")
    }


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        ("www.baidu.com", "baidu.com"),
        ("M.BAIDU.COM.", "baidu.com"),
        ("cn.bing.com", "bing.com"),
        ("so.toutiao.com", "so.toutiao.com"),
        ("www.toutiao.com", "toutiao.com"),
        ("www.gov.cn", "www.gov.cn"),
        ("zwfw.bj.gov.cn", "bj.gov.cn"),
        ("a.b.c.example.com.cn", "example.com.cn"),
        ("xn--fiqs8s.xn--fiqs8s", "xn--fiqs8s.xn--fiqs8s"),
        ("192.0.2.7", ""),
        ("[2001:db8::1]", ""),
    ],
)
def test_readers_are_summed_by_the_registered_name_of_the_sender(
    visitor: Visitor, sent: str, counted: str
) -> None:
    for _ in range(2):
        visitor.get(f"/views/7?from={sent}")
    assert referrals(counts.COUNTER) == {counted: 2}


@pytest.mark.parametrize(
    "sent",
    [
        *(
            "",
            "city.example.cn",
            "county.example.cn",
            "localhost",
            "a",
            "-",
            "..",
            "a..com",
            "-a.com",
            "a_b.com",
        ),
        *(
            "%E4%BA%91.com",
            "a.com/path",
            "a.com:80",
            "a%00.com",
            "a.com%0d%0a",
            "<b>.com",
            "1.2",
            "a" * 300 + ".com",
        ),
    ],
)
def test_own_sites_and_nonsense_send_nobody(visitor: Visitor, sent: str) -> None:
    assert visitor.get(f"/views/7?from={sent}").json == {"views": 1}
    assert referrals(counts.COUNTER) == {}


@pytest.mark.parametrize("headers", [{"DNT": "1"}, {"Sec_GPC": "1"}, {"Sec_Fetch_Site": "cross-site"}])
def test_sender_is_not_counted_against_the_readers_wish(visitor: Visitor, headers: dict[str, str]) -> None:
    visitor.get("/views/7?from=baidu.com", **headers)
    assert referrals(counts.COUNTER) == {}


def test_made_up_senders_fill_no_memory(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_counts, "MAX_HOSTS", 2)
    for name in ("a.com", "b.com", "c.com", "d.com", "a.com"):
        visitor.get(f"/views/7?from={name}")
    assert referrals(counts.COUNTER) == {"a.com": 2, "b.com": 1, "": 2}


def test_unsent_senders_are_kept_for_the_next_time(visitor: Visitor) -> None:
    visitor.get("/views/7?from=baidu.com")
    with mock.patch.object(inbox, "store", side_effect=OperationalError("locked")):
        counts.COUNTER.flush()
    assert referrals(counts.COUNTER) == {"baidu.com": 1}


def test_batch_says_when_on_which_site_and_from_where_but_not_what_was_read(visitor: Visitor) -> None:
    with time_machine.travel("2026-11-21T16:30:00Z", tick=False):  # half past midnight in Shanghai
        visitor.get("/views/7?from=www.sogou.com")
    with mock.patch.object(inbox, "store", return_value="CODE") as store:
        counts.COUNTER.flush()
    assert store.call_args.kwargs["fields"] == {"7": "1", "referral:2026-11-22:city:sogou.com": "1"}
