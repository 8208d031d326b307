"""Private files, every register behind the generic addresses, content-provision tasks.

Read by any role of the unit (the ledger: by fewer), entered by entry clerks and
administrators of the subtree, and by the roles named below; other units: 404.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from jiyue.core import clock, files
from jiyue.organizations.registers import services
from jiyue.organizations.registers.base import REGISTERS
from jiyue.organizations.registers.content_tasks import services as task_services
from jiyue.organizations.registers.content_tasks.models import TaskKind
from tests.factories import World
from tests.matrix import GONE, ROLES, Objects, Row, Statuses, Things, everybody

IN_FULL = ("rules", "remunerations")  # the others share their views
IN_SHORT = ("register_list", "register_create", "register_detail", "register_edit")
EXTRA_EDITORS = {"rules": ("general_owner",), "meetings": ("coordinator",)}
LEDGER_READERS = ("leader_in_charge", "principal_leader", "general_owner", "inspector")
EDITORS = ("entry_clerk", "platform_manager", "account_manager")
PARENTS = {
    "remunerations": "contributors",
    "contract-persons": "contracts",
    "supervisions": "contracts",
    "participants": "trainings",
}
DAY = date(2026, 3, 2)


def _statuses(key: str, *, writing: int, reading: int) -> Statuses:
    """What editors, other readers and everybody else of the own unit get."""
    editors = dict.fromkeys((*EDITORS, *EXTRA_EDITORS.get(key, ())), writing)
    if key == "remunerations":
        return everybody(404, **(dict.fromkeys(LEDGER_READERS, reading) | editors))
    return everybody(reading, **editors)


def _values(key: str, things: Things) -> dict[str, object]:
    """A complete entry of each register."""
    person = {"name": "张三", "employee_number": ""}
    texts = dict.fromkeys(
        ("qualification", "capability", "staff_quality", "management_rules", "emergency_plan"), "符合要求"
    )
    terms = dict.fromkeys(("division", "service_content", "quality_terms", "protection_terms"), "按合同约定")
    found: dict[str, dict[str, object]] = {
        "rules": {"kind": "security", "title": "安全制度", "adopted_on": DAY, "review_on": DAY},
        "contributors": {**person, "kind": "liaison_officer", "starts_on": DAY},
        "remunerations": {"period": "2026-03", "amount": Decimal("120.00"), "item_count": 2},
        "vendors": {
            **texts,
            "name": "某公司",
            "response_hours": Decimal(2),
            "examined_on": DAY,
            "verdict": "suitable",
        },
        "contracts": {
            **terms,
            "number": "WB-1",
            "title": "运维服务",
            "vendor": things.get("vendors"),
            "starts_on": DAY,
            "ends_on": DAY,
            "operations_by": "vendor",
            "technology_by": "shared",
            "information_by": "in_house",
        },
        "contract-persons": {**person, "duty": "运维"},
        "supervisions": {"held_on": DAY, "supervisor": "李四", "result": "good", "observations": "正常"},
        "projects": {
            "number": "XM-1",
            "title": "平台建设",
            "stage": "requirement",
            "budget": Decimal(1),
            "requirement": "建设",
            "progress_percent": 0,
        },
        "costs": {
            "year": 2026,
            "kind": "operation",
            "title": "运维",
            "planned": Decimal(1),
            "granted": Decimal(0),
            "spent": Decimal(0),
        },
        "trainings": {
            "title": "安全培训",
            "kind": "security",
            "planned_on": DAY,
            "held_on": DAY,
            "hours": Decimal(2),
        },
        "participants": {**person, "attendance": "attended"},
        "practices": {"title": "经验", "noted_on": DAY, "text": "做法"},
        "meetings": {"title": "协调会", "held_on": DAY, "chair": "王五", "decisions": "分工"},
    }
    return found[key]


def _posted(key: str):
    def data(objects: Objects) -> dict[str, object]:
        values = _values(key, objects.things)
        values = {name: getattr(value, "pk", value) for name, value in values.items()}
        for name in ("title", "name", "number", "observations"):
            if name in values:
                values[name] = f"另一个{values[name]}"
        if key == "remunerations":
            values["item_count"] = 7
        return {**values, "seen_version": 1}

    return data


def _parent(key: str):
    if key not in PARENTS:
        return lambda objects: ""
    return lambda objects: f"?parent={objects.things[PARENTS[key]].pk}"


def _rows(key: str) -> list[Row]:
    slug, own = f"key-{key}", f"{key}"
    reading = _statuses(key, writing=200, reading=200)
    lists = (
        everybody(404, **dict.fromkeys((*LEDGER_READERS, *EDITORS), 200))
        if key == "remunerations"
        else reading
    )
    writing = _statuses(key, writing=200, reading=403)
    gone_parent = everybody(
        404 if key == "remunerations" else 403, **dict.fromkeys((*EDITORS, *EXTRA_EDITORS.get(key, ())), 404)
    )
    if key == "remunerations":
        gone_parent = everybody(404, **dict.fromkeys(LEDGER_READERS, 403))
    foreign_vendor = everybody(403, **dict.fromkeys(EDITORS, 422))
    never_changed = _statuses(key, writing=403, reading=403)
    rows = [
        Row("register_list", lists, keys=(slug,)),
        Row("register_export", lists, keys=(slug,)),
        Row("register_import", writing, keys=(slug,)),
        Row("register_import", _statuses(key, writing=422, reading=403), None, (slug,), "post"),
        Row(
            "register_create",
            writing,
            gone_parent if key in PARENTS else None,
            (slug,),
            query=_parent(key),
        ),
        Row(
            "register_create",
            _statuses(key, writing=302, reading=403),
            gone_parent if key in PARENTS else foreign_vendor if key == "contracts" else None,
            (slug,),
            "post",
            _posted(key),
            query=_parent(key),
        ),
        Row("register_detail", lists, GONE, (slug, own)),
        Row("register_history", lists, GONE, (slug, own)),
        Row("register_file", _statuses(key, writing=302, reading=302), GONE, (slug, own)),
        Row("register_file", _statuses(key, writing=422, reading=422), GONE, (slug, own), "post"),
        Row("register_strike", _statuses(key, writing=302, reading=302), GONE, (slug, own)),
        Row("register_strike", _statuses(key, writing=302, reading=302), GONE, (slug, own), "post"),
    ]
    is_ledger = key == "remunerations"
    rows.append(Row("register_edit", never_changed if is_ledger else writing, GONE, (slug, own)))
    saved = never_changed if is_ledger else _statuses(key, writing=302, reading=403)
    rows.append(Row("register_edit", saved, GONE, (slug, own), "post", _posted(key)))
    if key not in PARENTS:  # for a unit that isn't one's own
        foreign = everybody(403, **dict.fromkeys((*EDITORS, *EXTRA_EDITORS.get(key, ())), 404))
        query = lambda objects: f"?unit={objects.world.unit_a.pk}"  # noqa: E731
        rows.append(Row("register_create", writing, foreign, (slug,), query=query))
        rows.append(
            Row(
                "register_create",
                _statuses(key, writing=302, reading=403),
                foreign,
                (slug,),
                "post",
                _posted(key),
                query=query,
            )
        )
    if key in IN_FULL:
        return rows
    return [
        row for row in rows if row.name in IN_SHORT and (row.method == "post" or row.name in IN_SHORT[::2])
    ]


def _assigned(objects: Objects) -> dict[str, object]:
    due = clock.now() + timedelta(days=3)
    return {
        "topic": "报送数据",
        "kind": "provision",
        "due_at": f"{due:%Y-%m-%dT%H:%M}",
        "units": [objects.world.unit_a.pk],
    }


OFFICE = ("coordinator", "platform_manager", "account_manager")
SUPPLIERS = ("entry_clerk", "leader_in_charge", "principal_leader", "coordinator", "general_owner")
ROWS = (
    Row("private_file", everybody(200), GONE, ("file",)),
    Row("register_index", everybody(200)),
    *(row for key, _register in REGISTERS for row in _rows(key)),
    Row("task_list", everybody(200)),
    Row("task_assign", everybody(404, **dict.fromkeys(OFFICE, 200))),
    Row(
        "task_assign",
        everybody(404, **dict.fromkeys(OFFICE, 302)),
        everybody(404, **dict.fromkeys(OFFICE, 422)),
        method="post",
        data=_assigned,
    ),
    Row(
        "task_assign",
        everybody(404, **dict.fromkeys(OFFICE, 200)),
        GONE,
        query=lambda objects: f"?office={objects.world.unit_a.pk}",
    ),
    Row("task_detail", everybody(200), GONE, ("task",)),
    Row("task_act", everybody(302), GONE, ("task",)),
    Row(
        "task_act",
        everybody(422, **dict.fromkeys(SUPPLIERS, 302)),
        GONE,
        ("task",),
        "post",
        lambda objects: {"verb": "accept", "accept-note": ""},
    ),
    Row(
        "task_act",
        everybody(422, **dict.fromkeys(OFFICE, 302)),
        GONE,
        ("task",),
        "post",
        lambda objects: {"verb": "withdraw", "withdraw-note": "不再需要"},
    ),
)
assert {role.value for role in ROLES} >= {*EDITORS, *LEDGER_READERS, *OFFICE}  # names, not typing errors


def make_things(world: World) -> Things:
    """One entry of every register, a file and a task, all of unit A."""
    actor = world.author.audit_actor()
    things: Things = {f"key-{key}": key for key, _register in REGISTERS}
    order = sorted((key for key, _register in REGISTERS), key=lambda key: (key in PARENTS, key != "vendors"))
    for key in order:
        things[key] = services.enter(
            register=REGISTERS.get(key),
            unit=world.unit_a,
            values=_values(key, things),
            actor=actor,
            parent=things.get(PARENTS.get(key, "")),
        )
    added = services.add_file(
        register=REGISTERS.get("rules"),
        entry_id=things["rules"].pk,
        data="第一条".encode(),
        original_name="制度.txt",
        title="安全制度",
        actor=actor,
    )
    things["file"] = files.PrivateFile.objects.get(pk=added.file_id)
    [things["task"]] = task_services.assign_tasks(
        office=world.unit_a,
        unit_ids=[world.unit_a.pk],
        assignment=task_services.Assignment(TaskKind.PROVISION, "报送", _tomorrow()),
        actor=world.manager.audit_actor(),
    )
    return things


def _tomorrow() -> datetime:
    return clock.now() + timedelta(days=1)
