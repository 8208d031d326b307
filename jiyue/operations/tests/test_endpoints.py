"""Health, readiness and figures: true, parseable, and never for strangers."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve
from prometheus_client.parser import text_string_to_metric_families

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core import alarms, at_rest, clock, logs, outbox, transport
from jiyue.core.models import OutboxMessage, OutboxStatus
from jiyue.core.worker import ALIVE
from jiyue.front.wsgi import DYNAMIC_PATHS
from jiyue.operations import alarm_kinds as kinds
from jiyue.operations import health, machine
from jiyue.operations.models import WorkerHeartbeat
from tests.factories import World

pytestmark = pytest.mark.django_db
TOKEN = "a-token-that-nobody-guesses-soon"
ADDRESSES = ("/health/live/", "/health/ready/", "/metrics")


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with room, however full this machine's is."""
    monkeypatch.setattr(machine, "read_disks", lambda: [machine.Disk(("JIYUE_OUTPUT_DIR",), "/srv", 100, 50)])


def figures(client: Client, **headers: str) -> dict[tuple[str, str], float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/plain")
    return {
        (sample.name, max(sample.labels.items(), default=("", ""))[1]): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.req("SEC-14")
def test_figures_parse_and_say_what_the_database_says(world: World, settings: Any) -> None:
    settings.JIYUE_METRICS_TOKEN = TOKEN
    world.publish()
    outbox.request("nobody.knows", 1)
    OutboxMessage.objects.filter(topic="nobody.knows").update(status=OutboxStatus.FAILED)
    outbox.request("nobody.knows", 2)
    alarms.raise_alarm(kinds.DISK_LOW, "/srv")
    ALIVE.announce("inner:1")
    client = both_factors(world.manager)
    client.get("/")
    found = figures(Client(), Authorization=f"Bearer {TOKEN}")
    assert found["jiyue_queue_waiting", "urgent"] == 1
    assert found["jiyue_outbox_failed", "nobody.knows"] == 1
    assert found["jiyue_alarms_open", kinds.DISK_LOW] == 1
    assert found["jiyue_workers", "alive"] == 1
    assert found["jiyue_inbox_waiting", ""] == 0
    assert found["jiyue_database_bytes", ""] > 0
    assert found["jiyue_request_seconds_count", "backoffice:workbench"] >= 1
    assert {name for name, _label in found} >= {
        *("jiyue_queue_oldest_seconds", "jiyue_publish_latency_seconds", "jiyue_tamper_events_open"),
        *(
            "jiyue_sessions",
            "jiyue_obligations_overdue",
            "jiyue_disk_free_bytes",
            "jiyue_memory_free_percent",
        ),
    }


def test_figures_are_for_the_token_or_this_machine_only(settings: Any) -> None:
    client = Client()
    settings.JIYUE_METRICS_TOKEN = TOKEN
    for sent in ("", TOKEN, f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ", "Bearer \u2603"):
        assert client.get("/metrics", HTTP_AUTHORIZATION=sent).status_code == 404
    settings.JIYUE_METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 200
    settings.JIYUE_TRUSTED_PROXIES = []
    for stranger in (
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": ""},
        *({name: "127.0.0.1"} for name in ("HTTP_X_REAL_IP", "HTTP_X_FORWARDED_FOR", "HTTP_VIA")),
    ):
        assert client.get("/metrics", **stranger).status_code == 404
    assert client.post("/metrics").status_code == 405


def test_the_public_process_and_nginx_know_none_of_the_addresses() -> None:
    with pytest.raises(Resolver404):
        resolve("/metrics", "jiyue.config.urls_front")
    patterns = get_resolver("jiyue.config.urls_front").url_patterns[0].url_patterns
    assert patterns
    assert all(pattern.callback.__module__.startswith("jiyue.front.") for pattern in patterns)
    assert not any(path.startswith("/metrics") for path in DYNAMIC_PATHS)
    nginx = (django_settings.PACKAGE_DIR.parent / "deploy" / "nginx" / "jiyue.conf").read_text("utf-8")
    assert "metrics" not in nginx


@pytest.mark.req("SEC-14")
def test_readiness_names_what_is_missing(
    sound: None, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    assert client.get("/health/live/").json() == {"live": True}
    answer = client.get("/health/ready/")
    assert (answer.status_code, answer.json()["ready"]) == (200, True), answer.json()
    settings.JIYUE_KEY_DIR = tmp_path
    at_rest.forget_keys()
    WorkerHeartbeat.objects.create(
        owner="inner:1",
        host="inner",
        started_at=clock.now(),
        seen_at=clock.now() - timedelta(minutes=10),
    )
    outbox.request("nobody.knows", 1)
    OutboxMessage.objects.update(created_at=clock.now() - timedelta(minutes=10))
    monkeypatch.setattr(machine, "read_disks", lambda: [machine.Disk(("JIYUE_OUTPUT_DIR",), "/srv", 100, 1)])
    answer = client.get("/health/ready/")
    assert answer.status_code == 503
    wrong = {name: state for name, state in answer.json()["checks"].items() if state != health.GOOD}
    assert wrong == {"keys": "missing", "disk": "full", "queue": "stuck", "workers": "silent"}
    with pytest.raises(SystemExit):
        call_command("health", "worker")


@pytest.mark.req("SEC-14")
def test_an_unreachable_database_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def cursor(*_args: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(connection, "cursor", cursor)
    assert health.check_backoffice() == {"database": "unreachable"}


def test_every_line_of_a_request_carries_its_number_and_no_address(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    client = both_factors(world.author)
    caplog.handler.setFormatter(logs.JsonFormatter())
    with caplog.at_level(logging.INFO):
        answer = client.get("/resources/", {"q": "张三的电话13900000000"})
    (line,) = [json.loads(text) for text in caplog.text.splitlines() if "request.done" in text]
    assert line["view"] == "backoffice:resource_list"
    assert (line["status_code"], line["method"]) == (200, "GET")
    assert line["duration_ms"] >= 0
    assert len(answer["X-Request-ID"]) == 16
    assert "张三" not in caplog.text
    assert "13900000000" not in caplog.text
    assert logs.REQUEST_ID.get() == ""


@pytest.mark.req("SEC-13")
@pytest.mark.parametrize("name", ["JIYUE_S3_URL", "JIYUE_CDN_PURGE_URL", "JIYUE_REDIS_URL"])
def test_no_part_is_spoken_to_in_plain_on_another_machine(settings: Any, name: str) -> None:
    scheme = "redis" if "REDIS" in name else "http"
    setattr(settings, name, f"{scheme}://10.0.0.9:9000")
    assert "jiyue.E102" in {each.id for each in transport.find_plain_transport()}
    setattr(settings, name, f"{scheme}s://10.0.0.9:9000")
    assert "jiyue.E102" not in {each.id for each in transport.find_plain_transport()}
    setattr(settings, name, f"{scheme}://127.0.0.1:9000")
    assert "jiyue.E102" not in {each.id for each in transport.find_plain_transport()}
