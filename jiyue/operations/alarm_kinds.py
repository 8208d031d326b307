"""What this room raises alarms about."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.alarms import KINDS, AlarmKind

BACKUP_FAILED, BACKUP_OVERDUE = "backup.failed", "backup.overdue"
RESTORE_TEST_FAILED, RESTORE_TEST_OVERDUE = "restore_test.failed", "restore_test.overdue"
WORKER_SILENT, JOB_FAILING = "worker.silent", "job.failing"
QUEUE_STUCK, INBOX_STUCK = "queue.stuck", "inbox.stuck"
DISK_LOW, MEMORY_LOW, LOAD_HIGH = "disk.low", "memory.low", "load.high"
CLOCK_SKEW, CERTIFICATE_ENDING, DATABASE_LARGE = "clock.skew", "certificate.ending", "database.large"

_KINDS = {
    BACKUP_FAILED: AlarmKind(
        _("A backup failed"),
        _("Read the error, mend what it names and start “jiyue backup” by hand."),
    ),
    BACKUP_OVERDUE: AlarmKind(
        _("The last good backup is too old"),
        _("See whether JIYUE_BACKUP_DIR is set, its medium reachable and the worker running."),
    ),
    RESTORE_TEST_FAILED: AlarmKind(
        _("A backup couldn't be restored for trial"),
        _("Take another backup at once, test it, and look into the medium of the damaged one."),
    ),
    RESTORE_TEST_OVERDUE: AlarmKind(
        _("No backup was restored for trial for too long"),
        _("Run “jiyue backup verify FOLDER --keys-from FOLDER2”."),
        is_grave=False,
    ),
    WORKER_SILENT: AlarmKind(
        _("A worker doesn't report any more"),
        _("Nothing is published and no letter is taken in without one: start the worker of that host."),
    ),
    JOB_FAILING: AlarmKind(
        _("A scheduled job fails"), _("Read its error on the board of scheduled jobs."), is_grave=False
    ),
    QUEUE_STUCK: AlarmKind(
        _("Urgent side effects wait too long"),
        _("See whether a worker runs, and what failed on the board of side effects."),
    ),
    INBOX_STUCK: AlarmKind(
        _("Citizens' input waits too long"),
        _("See whether a worker runs; nothing is lost, it is taken in once one does."),
    ),
    DISK_LOW: AlarmKind(
        _("A disk is nearly full"), _("Make room or enlarge the disk before pages can't be written.")
    ),
    MEMORY_LOW: AlarmKind(_("Memory is short"), _("Look for the process that takes it."), is_grave=False),
    LOAD_HIGH: AlarmKind(
        _("The machine is overloaded"), _("Look for the process that takes the processors."), is_grave=False
    ),
    CLOCK_SKEW: AlarmKind(
        _("The clock is off"),
        _("Set the time service (NTP) of this host and of the database's right: dates are evidence."),
    ),
    CERTIFICATE_ENDING: AlarmKind(
        _("A certificate ends soon"), _("Renew it; visitors see a warning from that day on.")
    ),
    DATABASE_LARGE: AlarmKind(
        _("The database is larger than planned"),
        _("Enlarge its disk and raise JIYUE_MAX_DATABASE_GB."),
        is_grave=False,
    ),
}


def register() -> None:
    """Enter the kinds."""
    for name, kind in _KINDS.items():
        KINDS.register(name, kind)
