"""What is kept about the running of the platform: backups, tests of restoring, workers that report."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunResult(models.TextChoices):
    """How a backup or a restore test ended."""

    GOOD = "good", _("complete")
    FAILED = "failed", _("failed")


class BackupRun(models.Model):
    """One backup that was made or tried; written once, when it ended (SEC-22)."""

    name = models.CharField(max_length=60, unique=True)  # folder of the backup inside its target
    target = models.CharField(max_length=400)
    result = models.CharField(max_length=10, choices=RunResult)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    files = models.PositiveIntegerField(default=0)
    total_bytes = models.PositiveBigIntegerField(default=0)  # everything it holds
    new_bytes = models.PositiveBigIntegerField(default=0)  # what wasn't in the target before
    digest = models.CharField(max_length=64, blank=True)  # SM3 of its signed list
    has_keys = models.BooleanField(default=False)
    error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(result="failed") | ~models.Q(digest=""), name="backup_run_good_has_digest"
            ),
            models.CheckConstraint(
                condition=models.Q(finished_at__gte=models.F("started_at")),
                name="backup_run_ends_after_start",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["result", "-finished_at"], name="backup_run_newest")]

    def __str__(self) -> str:
        return self.name


class RestoreTest(models.Model):
    """One backup restored into a scratch place and compared with what it said it holds (SEC-22)."""

    backup_name = models.CharField(max_length=60)
    backup_digest = models.CharField(max_length=64)
    backup_made_at = models.DateTimeField()
    result = models.CharField(max_length=10, choices=RunResult)
    tested_at = models.DateTimeField()
    duration_ms = models.PositiveBigIntegerField()
    tables = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["result", "-tested_at"], name="restore_test_newest")]

    def __str__(self) -> str:
        return f"{self.backup_name} {self.result}"


class WorkerHeartbeat(models.Model):
    """A worker that says every few seconds that it is alive; gone when it stopped as asked."""

    owner = models.CharField(max_length=120, primary_key=True)  # host and process number
    host = models.CharField(max_length=100)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.owner
