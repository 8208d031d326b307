"""What the screens of operation show in the demonstration: an alarm, a batch, a real backup."""

import io
import tomllib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from jiyue.core import alarms, audit
from jiyue.demo.content import CONTENT
from jiyue.operations.alarm_kinds import DISK_LOW
from jiyue.operations.backup import keys
from jiyue.operations.backup.making import BackupPlan
from jiyue.operations.backup.places import live_place
from jiyue.operations.services import handle_alarm, make_backup
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.work.models import PublicationTime
from jiyue.sites.models import Site


def show_operation() -> None:
    """Let something have happened; called once, after the city was published."""
    PublicationTime.objects.all().delete()  # how long the loading took says nothing of the city's days
    show_alarm()
    _show_batch()
    _show_backup()


def show_alarm() -> None:
    """An alarm that a platform manager handled."""
    facts = tomllib.loads((CONTENT / "governance.toml").read_text("utf-8"))["alarm"]
    alarm = alarms.raise_alarm(DISK_LOW, facts["subject"], details={"free_percent": facts["free_percent"]})
    account = StaffAccount.objects.select_related("person", "unit").get(login_name=facts["by"])
    handle_alarm(alarm=alarm, handling=facts["handling"], account=account, actor=account.audit_actor())


def _show_batch() -> None:
    """All pages of the smallest site written anew."""
    site = Site.objects.order_by("-pk").first()
    if site is not None:
        call_command("publish", all=True, site=site.key, stdout=io.StringIO())


def _show_backup() -> None:
    """A backup of the city, where the demonstration's settings name its folders."""
    if not (settings.JIYUE_BACKUP_DIR and settings.JIYUE_BACKUP_KEYS_DIR):
        return
    plan = BackupPlan(
        place=live_place(),
        target=Path(settings.JIYUE_BACKUP_DIR),
        keys_to=Path(settings.JIYUE_BACKUP_KEYS_DIR),
        passphrase=keys.passphrase(),
        keep=settings.JIYUE_BACKUP_KEEP,
    )
    for _step in make_backup(plan, actor=audit.PLATFORM):
        pass
