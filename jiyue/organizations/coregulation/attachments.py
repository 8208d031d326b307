"""Files that come with messages: open to whoever sees the case."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.audit import AuditActor
from jiyue.core.files import Purpose
from jiyue.core.models import PrivateFile
from jiyue.organizations.coregulation.selectors import list_visible_cases
from jiyue.organizations.models import StaffAccount

PURPOSE = "coregulation.message"


def may_open(file: PrivateFile, actor: AuditActor) -> bool:
    """Tell whether the file belongs to a case that exists for the person."""
    account = StaffAccount.objects.filter(pk=actor.account_id or 0).first()
    return account is not None and list_visible_cases(account).filter(messages__attachment=file).exists()


ATTACHMENT = Purpose(label=_("attachment of a co-regulation case"), may_open=may_open)
