"""Figures for Prometheus, read from the database, so that every process says the same."""

from collections.abc import Callable, Iterator

from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from jiyue.core import clock
from jiyue.core.inbox import list_failed
from jiyue.core.models import InboxSubmission, OutboxMessage, OutboxStatus
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.operations import machine
from jiyue.operations.selectors import (
    count_open_alarms,
    get_last_backup,
    get_last_restore_test,
    list_workers,
)
from jiyue.operations.timing import REGISTRY
from jiyue.organizations.sign_ins.models import StaffSession
from jiyue.publishing.delivery.selectors import store_errors
from jiyue.publishing.integrity.selectors import open_events, running_watch
from jiyue.publishing.work.selectors import latency_percentiles, queue_depth

HOURS = 24  # that figures of the recent past look back
Family = Iterator[GaugeMetricFamily]


def render_metrics() -> bytes:
    """All figures in Prometheus' text format: the platform's, then this process's requests.

    Source: GL 七(二)1 (SEC-14); GL 七(一)2 (OPS-03: capacity by demand).
    """
    registry = CollectorRegistry()
    registry.register(PlatformCollector())
    return bytes(generate_latest(registry) + generate_latest(REGISTRY))


class PlatformCollector(Collector):
    """Reads everything once per scrape."""

    def collect(self) -> Family:
        """All families."""
        for read in _FAMILIES:
            yield from read()

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is named in advance: registering reads no database."""
        return []


def _single(name: str, help_text: str, value: float | None) -> Family:
    if value is not None:
        yield GaugeMetricFamily(f"jiyue_{name}", help_text, value=value)


def _labelled(name: str, help_text: str, label: str, values: dict[str, float]) -> Family:
    family = GaugeMetricFamily(f"jiyue_{name}", help_text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    yield family


def _queue() -> Family:
    depths = queue_depth()
    counts = {lane: float(depth.count) for lane, depth in depths.items()}
    ages = {lane: depth.oldest_seconds for lane, depth in depths.items()}
    yield from _labelled("queue_waiting", "Side effects waiting or in progress.", "lane", counts)
    yield from _labelled("queue_oldest_seconds", "Age of the oldest side effect waiting.", "lane", ages)
    failed = OutboxMessage.objects.filter(status=OutboxStatus.FAILED).order_by()
    topics = {topic: float(count) for topic, count in failed.values_list("topic").annotate(count=Count("pk"))}
    yield from _labelled("outbox_failed", "Side effects given up, waiting for a person.", "topic", topics)


def _publishing() -> Family:
    times = {name: took for name, took in latency_percentiles(HOURS).items() if took is not None}
    yield from _labelled(
        "publish_latency_seconds", "Approval to everything live, over the last day.", "percentile", times
    )
    errors = {site: float(count) for site, count in store_errors(HOURS).items()}
    yield from _labelled("store_errors", "Batches that a store refused in the last day.", "site", errors)
    yield from _single("tamper_events_open", "Tampering that isn't put right yet.", open_events().count())
    yield from _single(
        "tamper_watch_running", "Whether the tamper watch gives signs.", float(running_watch() is not None)
    )


def _people() -> Family:
    now = clock.now()
    waiting = InboxSubmission.objects.filter(processed_at=None).count()
    yield from _single("inbox_waiting", "Citizens' submissions not taken in yet.", waiting)
    yield from _single("inbox_failed", "Citizens' submissions that wait for a person.", list_failed().count())
    sessions = StaffSession.objects.filter(ended_at=None, must_end_at__gt=now).count()
    yield from _single("sessions", "Staff signed in.", sessions)
    overdue = Obligation.objects.filter(status=ObligationStatus.OPEN, due_at__lt=now).count()
    yield from _single("obligations_overdue", "Clocks past their end.", overdue)


def _alarms() -> Family:
    counts = {kind: float(count) for kind, count in count_open_alarms().items()}
    yield from _labelled("alarms_open", "Alarms nobody has handled yet.", "kind", counts)


def _operation() -> Family:
    now = clock.now()
    workers = list_workers()
    silent = sum(worker.is_silent for worker in workers)
    states = {"alive": float(len(workers) - silent), "silent": float(silent)}
    yield from _labelled("workers", "Workers by state.", "state", states)
    backup, test = get_last_backup(), get_last_restore_test()
    age = (now - backup.finished_at).total_seconds() if backup else None
    yield from _single("backup_age_seconds", "Age of the last good backup.", age)
    yield from _single(
        "backup_bytes", "Size of the last good backup.", backup.total_bytes if backup else None
    )
    age = (now - test.tested_at).total_seconds() if test else None
    yield from _single("restore_test_age_seconds", "Age of the last good restore test.", age)


def _machine() -> Family:
    disks = machine.read_disks()
    free = {disk.path: float(disk.free_bytes) for disk in disks}
    total = {disk.path: float(disk.total_bytes) for disk in disks}
    yield from _labelled("disk_free_bytes", "Free space of the platform's disks.", "path", free)
    yield from _labelled("disk_total_bytes", "Size of the platform's disks.", "path", total)
    yield from _single("memory_free_percent", "Available memory.", machine.read_free_memory_percent())
    yield from _single("load_percent", "Load of 15 minutes by processors.", machine.read_load_percent())
    yield from _single(
        "clock_skew_seconds", "Clock against the database's.", machine.read_clock_skew_seconds()
    )
    yield from _single("database_bytes", "Size of the database.", machine.read_database_bytes())


_FAMILIES: tuple[Callable[[], Family], ...] = (_queue, _publishing, _people, _alarms, _operation, _machine)
