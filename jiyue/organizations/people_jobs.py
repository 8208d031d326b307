"""What people and accounts register at start-up: nightly jobs, a check of signing in, private files."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from jiyue.core.audit import AuditActor
from jiyue.core.files import PURPOSES, Purpose
from jiyue.core.models import PrivateFile
from jiyue.core.schedule import JOBS, Job
from jiyue.core.two_person import TOPICS
from jiyue.organizations.credentials.flow import SIGN_IN_CHECKS
from jiyue.organizations.models import Organization
from jiyue.organizations.services import authority, filings, idle, removals

APPLICATION_LETTER = "account.application_letter"
EXPLANATION_LETTER = "account.idle_explanation"


def _may_open(file: PrivateFile, actor: AuditActor) -> bool:
    """Whoever brought it, and the administrators of the unit."""
    if file.account_id is not None and file.account_id == actor.account_id:
        return True
    if file.unit_id is None or actor.account_id is None:
        return False
    unit = Organization.objects.get(pk=file.unit_id)
    return authority.administration_refusal(actor, unit) is None


def register() -> None:
    """Enter jobs, checks, purposes and the change that takes two persons."""
    TOPICS.register(removals.TOPIC, REMOVAL)
    JOBS.register("people.ended_roles", ENDED_ROLES)
    JOBS.register("people.idle_accounts", IDLE_ACCOUNTS)
    JOBS.register("people.eligibility", ELIGIBILITY)
    SIGN_IN_CHECKS.register("idle", idle.idle_refusal)
    PURPOSES.register(APPLICATION_LETTER, LETTER_OF_APPLICATION)
    PURPOSES.register(EXPLANATION_LETTER, LETTER_OF_EXPLANATION)


# Just after midnight: a role holds through its last day, an account through the last day of its period.
ENDED_ROLES = Job(filings.work_off_ended_roles, at=time(0, 5))
IDLE_ACCOUNTS = Job(idle.sweep_idle_accounts, at=time(0, 10))
ELIGIBILITY = Job(idle.sweep_eligibility, at=time(0, 15))
LETTER_OF_APPLICATION = Purpose(_("written application for an account"), _may_open, is_personal=True)
LETTER_OF_EXPLANATION = Purpose(_("written explanation for an unused account"), _may_open, is_personal=True)
REMOVAL = removals.Removal()
