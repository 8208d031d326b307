"""Who may open the reports of terminal checks."""

from jiyue.core.audit import AuditActor
from jiyue.core.models import PrivateFile
from jiyue.organizations.sign_ins.selectors import get_reach


def may_open_check_report(file: PrivateFile, actor: AuditActor) -> bool:
    """Administrators over the terminal's unit."""
    return file.unit_id is not None and file.unit_id in get_reach(actor)
