"""The two forms: what is refused keeps every word, what is accepted is one sealed row."""

import json
import uuid
from pathlib import Path
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import OperationalError

from jiyue.core import crypto, inbox
from jiyue.core.models import InboxSubmission
from jiyue.front import limits, wsgi
from jiyue.front.forms import TRAP_FIELD
from jiyue.front.tests.factories import CITY_PORT, PAGE
from jiyue.front.tests.visitor import Answer, Visitor
from jiyue.front.wsgi import MAX_BODY_BYTES

pytestmark = pytest.mark.django_db

TYPED = "第三段“的”字多了一个 <b>&\n第二行"


def fill(form: Answer, **values: str) -> dict[str, str]:
    """Fill in a form that was shown."""
    hidden = {name: form.hidden(name) for name in ("csrfmiddlewaretoken", "submission_id", "page")}
    return {**hidden, "text": TYPED, "contact": "", TRAP_FIELD: "", **values}


def opened(row: InboxSubmission) -> dict[str, str]:
    """Read a row as the worker does."""
    content: dict[str, str] = json.loads(crypto.load_key_pair(inbox.KEY_NAME).open(bytes(row.sealed)))
    return content


@pytest.fixture(params=["/correction/", "/comment/"])
def address(request: pytest.FixtureRequest) -> str:
    """Play the test with both forms."""
    return str(request.param)


def test_form_names_the_page_it_is_about(visitor: Visitor, address: str) -> None:
    answer = visitor.get(f"{address}?page={PAGE}")
    assert answer.status == 200
    assert answer.hidden("page") == PAGE
    assert "关于&#34;集约&#34;的通知" in answer.text
    assert "no-store" in answer.headers["cache-control"]


def test_characters_that_turn_the_reading_direction_are_dropped(visitor: Visitor) -> None:
    form = visitor.get("/correction/")
    visitor.post("/correction/", fill(form, text="付款到\u202e321\u2066账户\u200f"))
    assert opened(InboxSubmission.objects.get())["text"] == "付款到321账户"


def test_slow_senders_leave_threads_for_readers(visitor: Visitor) -> None:
    form = visitor.get("/correction/")
    slots = [wsgi.SENDERS.acquire(blocking=False) for _ in range(wsgi.MAX_SENDERS)]
    try:
        assert all(slots)
        answer = visitor.post("/correction/", fill(form))
        assert answer.status == 503
        assert answer.headers["retry-after"]
        assert visitor.get("/correction/").status == 200
    finally:
        for _ in slots:
            wsgi.SENDERS.release()
    assert visitor.post("/correction/", fill(form)).status == 200


def test_accepted_form_is_one_sealed_row(visitor: Visitor, address: str) -> None:
    form = visitor.get(f"{address}?page={PAGE}")
    answer = visitor.post(address, fill(form, contact="a@example.cn"))
    assert answer.status == 200
    row = InboxSubmission.objects.get()
    assert (row.topic, row.site_key) == (address.strip("/"), "city")
    assert str(row.pk) == form.hidden("submission_id")
    assert TYPED.encode() not in bytes(row.sealed)
    assert opened(row) == {
        "page": PAGE,
        "page_title": '关于"集约"的通知',
        "text": TYPED,
        "contact": "a@example.cn",
    }


def test_query_code_is_shown_and_only_its_digest_kept(visitor: Visitor, address: str) -> None:
    answer = visitor.post(address, fill(visitor.get(f"{address}?page={PAGE}")))
    row = InboxSubmission.objects.get()
    words = answer.text.replace("<dd>", " ").replace("</dd>", " ").split()
    assert [word for word in words if crypto.sm3_hex(word.encode()) == row.code_hash]


def test_double_click_is_one_row_and_shows_the_code_again(visitor: Visitor, address: str) -> None:
    sent = fill(visitor.get(f"{address}?page={PAGE}"))
    first, second = visitor.post(address, sent), visitor.post(address, sent)
    assert (second.status, second.text) == (200, first.text)
    assert InboxSubmission.objects.count() == 1


def test_reload_after_a_while_says_it_was_received(visitor: Visitor, address: str) -> None:
    sent = fill(visitor.get(f"{address}?page={PAGE}"))
    visitor.post(address, sent)
    cache.clear()
    again = visitor.post(address, sent)
    assert again.status == 200
    assert "query-code" not in again.text
    assert InboxSubmission.objects.count() == 1


@pytest.mark.parametrize("text", ["", "  \n\t ", "\x00\x07", "字" * 1001])
def test_refused_text_keeps_what_was_typed(visitor: Visitor, address: str, text: str) -> None:
    form = visitor.get(f"{address}?page={PAGE}")
    answer = visitor.post(address, fill(form, text=text, contact="0000-555 <i>"))
    assert answer.status == 400
    assert "field-error" in answer.text
    assert "0000-555 &lt;i&gt;" in answer.text
    assert text.strip("\x00\x07 \n\t") in answer.text
    assert answer.hidden("submission_id") == form.hidden("submission_id")
    assert not InboxSubmission.objects.exists()


def test_line_breaks_count_once_as_in_the_browser(visitor: Visitor, address: str) -> None:
    text = "字\r\n" * 500
    visitor.post(address, fill(visitor.get(f"{address}?page={PAGE}"), text=text))
    assert opened(InboxSubmission.objects.get())["text"] == ("字\n" * 500).strip()


def test_longest_contact_and_text_fit(visitor: Visitor, address: str) -> None:
    form = visitor.get(f"{address}?page={PAGE}")
    answer = visitor.post(address, fill(form, text="𠀀" * 1000, contact="字" * 100))
    assert answer.status == 200
    assert visitor.post(address, fill(form, contact="字" * 101)).status == 400


@pytest.mark.parametrize("change", [{"csrfmiddlewaretoken": "x"}, {"csrfmiddlewaretoken": ""}])
def test_forged_form_is_refused_and_keeps_what_was_typed(
    visitor: Visitor, address: str, change: dict[str, str]
) -> None:
    answer = visitor.post(address, fill(visitor.get(f"{address}?page={PAGE}"), **change))
    assert answer.status == 403
    assert "&lt;b&gt;&amp;" in answer.text
    assert not InboxSubmission.objects.exists()
    assert visitor.post(address, fill(answer)).status == 200


def test_form_without_cookie_or_from_another_site_is_refused(visitor: Visitor, address: str) -> None:
    sent = fill(visitor.get(f"{address}?page={PAGE}"))
    assert visitor.post(address, sent, Origin="http://elsewhere.example.com").status == 403
    visitor.cookies.clear()
    assert visitor.post(address, sent).status == 403
    assert not InboxSubmission.objects.exists()


def test_form_behind_a_proxy_with_https_is_accepted(visitor: Visitor, address: str) -> None:
    visitor.host, visitor.address = "city.example.cn", "127.0.0.1"
    proxied = {"X_Forwarded_Proto": "https", "X_Real_Ip": "198.51.100.7"}
    form = visitor.get(f"{address}?page={PAGE}", **proxied)
    answer = visitor.post(address, fill(form), Origin="https://city.example.cn", **proxied)
    assert answer.status == 200


@pytest.mark.parametrize("change", [{TRAP_FIELD: "x"}, {"submission_id": "1"}, {"submission_id": ""}])
def test_machines_are_told_so_and_nothing_is_stored(
    visitor: Visitor, address: str, change: dict[str, str]
) -> None:
    answer = visitor.post(address, fill(visitor.get(f"{address}?page={PAGE}"), **change))
    assert answer.status == 400
    assert not InboxSubmission.objects.exists()
    assert visitor.post(address, fill(answer)).status == 200  # a person sends it once more


def test_too_many_forms_from_one_address_are_held_up(visitor: Visitor, address: str) -> None:
    for _ in range(limits.FORM_LIMIT):
        form = visitor.get(f"{address}?page={PAGE}")
        assert visitor.post(address, fill(form)).status == 200
    refused = visitor.post(address, fill(visitor.get(f"{address}?page={PAGE}")))
    assert refused.status == 429
    assert "&lt;b&gt;&amp;" in refused.text
    assert InboxSubmission.objects.count() == limits.FORM_LIMIT
    visitor.address = "192.0.2.2"
    assert visitor.post(address, fill(visitor.get(f"{address}?page={PAGE}"))).status == 200


def test_nobody_but_the_proxy_may_name_another_address(visitor: Visitor) -> None:
    assert limits._network("2001:db8:1:2:3::4") == limits._network("2001:db8:1:2::9")
    for number in range(limits.FORM_LIMIT + 1):
        form = visitor.get("/correction/")
        answer = visitor.post("/correction/", fill(form), X_Real_Ip=f"198.51.100.{number}")
    assert answer.status == 429


def test_broken_inbox_keeps_what_was_typed(visitor: Visitor, address: str) -> None:
    form = visitor.get(f"{address}?page={PAGE}")
    with mock.patch.object(inbox, "store", side_effect=OperationalError("disk full")):
        answer = visitor.post(address, fill(form))
    assert answer.status == 503
    assert "&lt;b&gt;&amp;" in answer.text
    assert "disk full" not in answer.text
    assert visitor.post(address, fill(answer)).status == 200


def test_missing_key_stores_nothing_in_the_clear(visitor: Visitor, settings, tmp_path: Path) -> None:
    form = visitor.get("/correction/")
    settings.JIYUE_KEY_DIR = tmp_path / "nowhere"
    assert visitor.post("/correction/", fill(form)).status == 503
    assert not InboxSubmission.objects.exists()


@pytest.mark.parametrize(
    "page",
    [
        "https://elsewhere.example.com/",
        "//elsewhere.example.com/zwgk/",
        "javascript:alert(1)",
        "/../county/index.html",
        "/nothing-here.html",
        "/robots.txt",
        "/zwgk/%00",
        "http://[::1",
        "x" * 2000,
        "",
    ],
)
def test_page_of_no_site_of_ours_is_never_taken_over(visitor: Visitor, page: str) -> None:
    form = visitor.get(f"/correction/?page={page}")
    assert form.status == 200
    assert form.hidden("page") == ""
    sent = fill(form, page=page, place="首页右上角")
    assert visitor.post("/correction/", sent).status == 200
    content = opened(InboxSubmission.objects.get())
    assert (content["page"], content["page_title"]) == ("", "首页右上角")


def test_comment_needs_a_page(visitor: Visitor) -> None:
    assert visitor.get("/comment/").status == 404
    assert visitor.get("/comment/?page=/nothing-here.html").status == 404


def test_page_with_index_is_a_page(visitor: Visitor) -> None:
    assert visitor.get("/correction/?page=/zwgk/").hidden("page") == "/zwgk/"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_forms_take_nothing_but_forms(visitor: Visitor, address: str, method: str) -> None:
    assert visitor.request(method, address).status in (403, 405)


def test_more_than_any_form_holds_is_refused_before_it_is_read(visitor: Visitor, address: str) -> None:
    answer = visitor.post(address, {"text": "x" * (MAX_BODY_BYTES + 1)})
    assert answer.status == 413
    assert "云汀市人民政府" in answer.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe=\x00&text=%ff%fe", "application/x-www-form-urlencoded"),
        (b"x" * 2000, "multipart/form-data"),
        (b"x" * 2000, "multipart/form-data; boundary=a"),
        (b'{"text": 1}', "application/json"),
        (b"&".join(b"a%d=1" % number for number in range(2000)), "application/x-www-form-urlencoded"),
    ],
)
def test_nonsense_is_refused_with_a_page_of_the_site(visitor: Visitor, body: bytes, kind: str) -> None:
    visitor.get("/correction/")
    answer = visitor.request("POST", "/correction/", body, Content_Type=kind)
    assert answer.status in (400, 403)
    assert "云汀市人民政府" in answer.text


def test_fault_of_ours_shows_a_page_and_no_trace(visitor: Visitor) -> None:
    with mock.patch.object(inbox, "store", side_effect=RuntimeError("secret detail")):
        answer = visitor.post("/correction/", fill(visitor.get("/correction/")))
    assert answer.status == 500
    assert "云汀市人民政府" in answer.text
    assert "secret detail" not in answer.text


def test_cookie_ends_with_the_browser_and_is_closed_to_scripts(visitor: Visitor) -> None:
    answer = visitor.get("/correction/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "expires" not in cookie
    assert "max-age" not in cookie


def test_each_form_has_its_own_number(visitor: Visitor) -> None:
    first, second = (uuid.UUID(visitor.get("/correction/").hidden("submission_id")) for _ in range(2))
    assert first != second


def test_visitor_of_one_site_reports_to_that_site(visitor: Visitor) -> None:
    visitor.host = "county.example.cn"
    visitor.port = CITY_PORT
    visitor.post("/correction/", fill(visitor.get("/correction/")))
    assert InboxSubmission.objects.get().site_key == "county"
