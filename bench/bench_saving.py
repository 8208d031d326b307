"""Many clerks saving at once: nothing acknowledged is lost, nobody sees a lock error.

A real server of the back office runs on loopback; every clerk is a signed-in
client that saves its own item again and again. On PostgreSQL
(`JIYUE_BENCH_DATABASE_URL`) there are a hundred, on SQLite ten.
"""

import http.client
import os
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from bench.empty_platform import engine_suffix, migrate_platform, open_platform
from bench.harness import Figure, Scale, percentile

NAME = f"saving{engine_suffix()}"
open_platform(NAME)

from django.conf import settings  # noqa: E402
from django.urls import reverse  # noqa: E402

from bench.staff_library import fill_library, make_city, make_person  # noqa: E402
from bench.staff_sessions import signed_in  # noqa: E402
from jiyue.library.content import ResourceContent  # noqa: E402
from jiyue.library.models import Resource, ResourceRevision  # noqa: E402
from jiyue.library.services import create_resource  # noqa: E402
from jiyue.organizations.enums import StaffRole  # noqa: E402

IS_POSTGRESQL = bool(engine_suffix())
CLERKS = 100 if IS_POSTGRESQL else 10
SIZES: dict[Scale, int] = {"ci": 20_000, "100k": 100_000, "1m": 1_000_000}
SECONDS = 60
PORT = 8397
START_SECONDS = 60  # longest start of the server
BODY = "<p>市政府召开集约化平台建设工作会议，部署统一信息资源库建设。</p>" * 12


@dataclass
class Clerk:
    """One clerk with an item, a session, and what the server answered."""

    resource: Resource
    channel_id: int
    headers: dict[str, str]
    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)

    def save_until(self, end: float) -> None:
        """Save new states one after the other until the moment `end`."""
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        address = reverse("backoffice:resource_edit", args=[self.resource.pk])
        number = 1
        while time.perf_counter() < end:
            title = f"第{self.resource.pk}号稿件第{number}次修改"
            started = time.perf_counter()
            connection.request("POST", address, self._form(title, number), self.headers)
            answer = connection.getresponse()
            answer.read()
            self._keep_cookies(answer)
            self.seconds.append(time.perf_counter() - started)
            self.answers[answer.status] += 1
            if answer.status == http.client.FOUND and answer.headers["Location"] == address:
                self.acknowledged.append(title)
                number += 1

    def _keep_cookies(self, answer: http.client.HTTPResponse) -> None:
        """Go on as the same browser: the platform knows its device by a cookie."""
        cookies = SimpleCookie(self.headers["Cookie"])
        for line in answer.headers.get_all("Set-Cookie", []):
            cookies.load(line)
        pairs = [f"{name}={morsel.value}" for name, morsel in cookies.items()]
        self.headers["Cookie"] = "; ".join(pairs)

    def _form(self, title: str, base_number: int) -> str:
        return urlencode(
            {
                "base_number": base_number,
                "kind": "article",
                "title": title,
                "body_html": BODY,
                "source": "市政府办公室",
                "author": "编辑部",
                "channel_ids": self.channel_id,
            }
        )


def run(scale: Scale) -> list[Figure]:
    """Measure at one scale."""
    migrate_platform()
    units, channel = make_city()
    clerks = []
    for number in range(CLERKS):
        unit = units[number % len(units)]
        account = make_person(unit, StaffRole.ENTRY_CLERK, f"clerk{number}")
        content = ResourceContent(kind="article", title="稿件", body_html=BODY, channel_ids=(channel.pk,))
        resource = create_resource(unit=unit, content=content, actor=account)
        cookie = signed_in(account).cookies[settings.SESSION_COOKIE_NAME].value
        clerks.append(Clerk(resource, channel.pk, _headers(cookie)))
    fill_library(units, channel, account, SIZES[scale])
    with _server():
        end = time.perf_counter() + SECONDS
        with ThreadPoolExecutor(CLERKS) as pool:
            list(pool.map(lambda clerk: clerk.save_until(end), clerks))
    return _figures(clerks)


def _figures(clerks: list[Clerk]) -> list[Figure]:
    seconds = [value for clerk in clerks for value in clerk.seconds]
    answers = sum((clerk.answers for clerk in clerks), Counter[int]())
    acknowledged = sum(len(clerk.acknowledged) for clerk in clerks)
    lost = sum(_lost(clerk) for clerk in clerks)
    print(f"answers: {dict(answers)}", flush=True)
    return [
        Figure("clerks saving at once", CLERKS, "clerks"),
        Figure("states acknowledged", acknowledged, "states"),
        Figure("states lost", lost, "states", "<= 0"),
        Figure("answers other than “saved”", sum(answers.values()) - acknowledged, "answers", "<= 0"),
        Figure("states saved", acknowledged / SECONDS, "states/s"),
        Figure("one save, p50", percentile(seconds, 50) * 1000, "ms"),
        Figure("one save, p99", percentile(seconds, 99) * 1000, "ms"),
    ]


def _lost(clerk: Clerk) -> int:
    """States that were acknowledged and aren't among the item's states."""
    states = ResourceRevision.objects.filter(resource=clerk.resource).values_list("content_json", flat=True)
    return len(set(clerk.acknowledged) - {content["title"] for content in states})


def _headers(session: str) -> dict[str, str]:
    token = secrets.token_hex(16)
    return {
        "Host": "localhost",
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}",
        "X-CSRFToken": token,
    }


@contextmanager
def _server() -> Iterator[None]:
    """The back office as the demonstration starts it, with two workers."""
    command = [
        *(sys.executable, "-m", "granian", "--interface=wsgi", "--no-ws", "--log-level=warning"),
        *("--host=127.0.0.1", f"--port={PORT}", "--workers=2", "--blocking-threads=16"),
        "jiyue.config.wsgi_backoffice:application",
    ]
    process = subprocess.Popen(command, env=os.environ)
    try:
        _wait_for_server()
        yield
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _wait_for_server() -> None:
    end = time.perf_counter() + START_SECONDS
    while time.perf_counter() < end:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=START_SECONDS)
            connection.request("GET", reverse("backoffice:sign_in"), headers={"Host": "localhost"})
            connection.getresponse().read()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the server did not start")
