"""Units, reforms, sharing, who answers for sites and channels, co-regulation."""

from datetime import date

from jiyue.core import audit, clock
from jiyue.organizations.coregulation.models import MatterKind, RegulatorKind
from jiyue.organizations.coregulation.services import open_case, register_co_regulator, share_case
from jiyue.organizations.enums import ReformKind, StaffRole
from jiyue.organizations.services import ReformPlan, grant_sharing, propose_reform
from jiyue.sites.enums import SiteRoleName
from jiyue.sites.services import assign_site_role, name_channel_owner
from tests.factories import World, make_account, make_unit
from tests.matrix import GONE, Objects, Row, Statuses, Things, everybody

MANAGERS = everybody(403, platform_manager=200)
DONE = everybody(403, platform_manager=302)
GONE_FOR_MANAGERS = everybody(403, platform_manager=404)
CO_REGULATING = everybody(403, platform_manager=200, co_regulation_contact=200)


def _unit_form(objects: Objects) -> dict[str, object]:
    return {
        "code": "A00000099",
        "name": "新设机构",
        "level": "prefecture_city",
        "kind": "department",
        "supervising_unit": objects.world.unit_a.code,
    }


def _edit_form(objects: Objects) -> dict[str, object]:
    return {"name": "改名", "level": "prefecture_city", "kind": "department", "superior": objects.top.code}


def _reform_form(objects: Objects) -> dict[str, object]:
    return {
        "kind": "merge",
        "predecessors": objects.empty.code,
        "successors": objects.world.unit_a.code,
        "effective_on": clock.today().isoformat(),
        "basis": "编办〔2026〕1号",
        "reason": "试",
    }


def _sharing_form(objects: Objects) -> dict[str, object]:
    codes = {"owner": objects.world.unit_a.code, "reader": objects.empty.code}
    return {**codes, "starts_on": "2026-01-03", "reason": "试"}


def _role_form(objects: Objects) -> dict[str, object]:
    return {"role": "using_unit", "unit": objects.world.unit_a.code, "starts_on": "2026-01-01"}


def _owner_form(objects: Objects) -> dict[str, object]:
    person = objects.world.author.person_id
    return {"channel": objects.world.news.pk, "person": person, "starts_on": "2026-01-02"}


def _case_form(objects: Objects) -> dict[str, object]:
    return {"kind": "domain", "title": "域名", "unit": objects.world.unit_a.code, "body": "试"}


def _regulator_form(objects: Objects) -> dict[str, object]:
    return {"kind": "telecom", "unit": objects.world.unit_a.code}


def _both(name: str, status: Statuses, keys: tuple[str, ...]) -> tuple[Row, Row]:
    """A button that only takes POST: asked with GET it leads to its list."""
    return (
        Row(name, status, GONE_FOR_MANAGERS, keys),
        Row(name, status, GONE_FOR_MANAGERS, keys, method="post"),
    )


ROWS = (
    Row("unit_list", everybody(200)),
    Row("unit_detail", everybody(200), GONE, ("unit",)),
    Row("unit_create", MANAGERS),
    Row("unit_create", DONE, MANAGERS, method="post", data=_unit_form),
    Row("unit_edit", MANAGERS, GONE_FOR_MANAGERS, ("empty",)),
    Row("unit_edit", DONE, GONE_FOR_MANAGERS, ("empty",), "post", _edit_form),
    Row("unit_close", MANAGERS, GONE_FOR_MANAGERS, ("empty",)),
    Row("unit_close", DONE, GONE_FOR_MANAGERS, ("empty",), "post", lambda objects: {"reason": "试"}),
    Row("unit_export", DONE),
    Row("unit_export", MANAGERS, method="post"),
    Row("unit_import", MANAGERS),
    Row("unit_import", MANAGERS, method="post"),
    Row("reform_list", MANAGERS),
    Row("reform_create", MANAGERS),
    Row("reform_create", DONE, MANAGERS, method="post", data=_reform_form),
    Row("reform_detail", MANAGERS, GONE_FOR_MANAGERS, ("reform",)),
    Row("sharing_list", MANAGERS),
    Row("sharing_list", DONE, MANAGERS, method="post", data=_sharing_form),
    *_both("sharing_end", DONE, ("grant",)),
    Row("site_report", MANAGERS),
    Row("site_roles", MANAGERS, GONE_FOR_MANAGERS, ("site",)),
    Row("site_roles", DONE, GONE_FOR_MANAGERS, ("site",), "post", _role_form),
    *_both("site_role_end", DONE, ("site", "site_role")),
    Row("channel_owners", MANAGERS, GONE_FOR_MANAGERS, ("site",)),
    Row("channel_owners", DONE, GONE_FOR_MANAGERS, ("site",), "post", _owner_form),
    *_both("channel_owner_end", DONE, ("site", "owner")),
    Row("co_case_list", CO_REGULATING),
    Row("co_case_create", MANAGERS),
    Row("co_case_create", DONE, MANAGERS, method="post", data=_case_form),
    Row(
        "co_case_detail",
        CO_REGULATING,
        everybody(403, platform_manager=404, co_regulation_contact=404),
        ("co_case",),
    ),
    Row(
        "co_case_detail",
        everybody(403, platform_manager=302, co_regulation_contact=302),
        everybody(403, platform_manager=404, co_regulation_contact=404),
        ("co_case",),
        "post",
        lambda objects: {"act": "message", "body": "试"},
    ),
    Row("regulator_list", MANAGERS),
    Row("regulator_list", DONE, MANAGERS, method="post", data=_regulator_form),
    *_both("regulator_end", DONE, ("regulator",)),
)


def make_things(world: World) -> Things:
    """A manager above unit A, and one object of every sort, all of unit A's subtree."""
    top = world.unit_a
    empty = make_unit("A00000090", "待并机构", superior=top)
    manager = make_account("zhou.min", top, StaffRole.PLATFORM_MANAGER, name="总管")
    plan = ReformPlan(
        kind=ReformKind.MERGE,
        predecessor_ids=(make_unit("A00000091", "旧机构", superior=top).pk,),
        successor_ids=(top.pk,),
        main_id=top.pk,
        effective_on=clock.today(),
        basis="编办〔2026〕2号",
    )
    role = assign_site_role(
        site=world.portal,
        unit=top,
        role=SiteRoleName.CONTENT_PROVIDER,
        starts_on=date(2026, 1, 1),
        actor=audit.PLATFORM,
    )
    regulator = register_co_regulator(kind=RegulatorKind.CYBERSPACE, unit=top, actor=manager)
    case = open_case(kind=MatterKind.FAKE_SITE, title="仿冒", body="试", unit=top, actor=manager)
    share_case(case=case, regulator=regulator, actor=manager)
    return {
        "top": top,
        "unit": top,
        "empty": empty,
        "reform": propose_reform(plan=plan, reason="试", actor=manager),
        "grant": grant_sharing(
            owner=top, reader=empty, starts_on=date(2026, 1, 1), ends_on=None, reason="试", actor=manager
        ),
        "site": world.portal,
        "site_role": role,
        "owner": name_channel_owner(
            channel=world.news,
            person=world.author.person,
            starts_on=date(2026, 1, 1),
            ends_on=None,
            actor=manager,
        ),
        "regulator": regulator,
        "co_case": case,
    }
