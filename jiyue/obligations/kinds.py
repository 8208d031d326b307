"""What can be owed: one entry per sort of clock.

A room above registers its own kinds when it starts; adding one touches nothing
here.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core.registries import Registry
from jiyue.obligations.enums import Audience
from jiyue.organizations.enums import StaffRole

LEADERS = frozenset({StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER})


@dataclass(frozen=True)
class ObligationKind:
    """One sort of clock.

    Attributes:
        label: What people read.
        clause: Where the regulation asks for it.
        term_key: Policy key of the time allowed; blank where somebody sets the date in each case.
        handlers: Who in the unit is told where no person is named.
        lead_key: Policy key of the reminders ahead.
        escalation_key: Policy key of the steps after the due date.
        told: Who is told at the first, second, … step of escalation, besides all before;
            the last one also at every further step.
    """

    label: Promise
    clause: str
    term_key: str = ""
    handlers: frozenset[StaffRole] = LEADERS
    lead_key: str = "reminder.lead"
    escalation_key: str = "reminder.escalation"
    told: tuple[Audience, ...] = (Audience.OWNER, Audience.UNIT_LEADERS, Audience.SUPERVISING_UNIT)

    def audiences_at(self, number: int) -> tuple[Audience, ...]:
        """Who is told at one step of escalation; 0 stands for the reminders ahead."""
        return self.told[: max(1, min(number, len(self.told)))]


KINDS: Registry[ObligationKind] = Registry("kinds of obligation")

KINDS.register(
    "personnel.successor",
    ObligationKind(
        label=_("File the successor of a responsible person"),
        clause="HT 一¶3; NB 8",
        term_key="personnel.successor",
        handlers=LEADERS | {StaffRole.ACCOUNT_MANAGER, StaffRole.PLATFORM_MANAGER},
    ),
)
KINDS.register(
    "content_task.delivery",
    ObligationKind(
        label=_("Deliver what the coordinating office asked for"),
        clause="CQ (十九); CQ (三); NT 7",
        handlers=LEADERS | {StaffRole.COORDINATOR, StaffRole.INFORMATION_OFFICER},
    ),
)
KINDS.register(
    "register.review",
    ObligationKind(
        label=_("Review an entry of a register"),
        clause="HT 一¶4; GL 七(三)2; GL 八(二)4",
        handlers=LEADERS | {StaffRole.ACCOUNT_MANAGER, StaffRole.PLATFORM_MANAGER},
    ),
)
