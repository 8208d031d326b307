"""The working-day calendar: read by every role, changed by the platform managers of top units.

It holds for the whole platform: there is no other unit's calendar. Unit A and B both stand at the top.
"""

from dataclasses import replace

from jiyue.organizations.enums import StaffRole
from jiyue.policy.work_calendar.entry import as_entry
from jiyue.policy.work_calendar.services import propose_year
from jiyue.policy.work_calendar.sources import shipped_plan
from tests.factories import World, make_account
from tests.matrix import Row, Things, everybody

ONLY_MANAGER = everybody(403, platform_manager=200)


ROWS = (
    Row("calendar", everybody(200)),
    Row("calendar_year", everybody(200), keys=("year",)),
    Row("calendar_versions", everybody(200), keys=("year",)),
    Row("calendar_calculator", everybody(200)),
    Row("calendar_propose", ONLY_MANAGER, keys=("year",)),
    Row("calendar_propose", ONLY_MANAGER, keys=("year",), method="post"),
    Row("calendar_change", ONLY_MANAGER, keys=("change",)),
)


def make_things(world: World) -> Things:
    """A year, and a proposal for it."""
    proposer = make_account("calendar", world.unit_a, StaffRole.PLATFORM_MANAGER)
    entry = replace(as_entry(shipped_plan(2027)), source="国办发明电〔2026〕测试号")
    change = propose_year(entry=entry, reason="试", actor=proposer.audit_actor())
    return {"year": 2027, "change": change}
