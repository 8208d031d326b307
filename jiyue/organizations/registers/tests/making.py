"""Entries for tests, through the product's own services."""

from datetime import date
from decimal import Decimal

from jiyue.core import audit
from jiyue.organizations.registers import services
from jiyue.organizations.registers.base import REGISTERS

DAY = date(2026, 3, 2)
TEXTS = dict.fromkeys(
    ("qualification", "capability", "staff_quality", "management_rules", "emergency_plan"), "符合要求"
)
TERMS = dict.fromkeys(("division", "service_content", "quality_terms", "protection_terms"), "按合同约定")
DEFAULTS = {
    "rules": {"kind": "security", "title": "安全制度", "adopted_on": DAY, "review_on": date(2027, 3, 2)},
    "contributors": {"name": "张三", "kind": "liaison_officer", "starts_on": DAY},
    "remunerations": {"period": "2026-03", "amount": Decimal("120.00"), "item_count": 2},
    "vendors": {
        **TEXTS,
        "name": "某公司",
        "response_hours": Decimal(2),
        "examined_on": DAY,
        "verdict": "suitable",
    },
    "contracts": {
        **TERMS,
        "number": "WB-1",
        "title": "运维服务",
        "starts_on": DAY,
        "ends_on": date(2027, 3, 1),
        "operations_by": "vendor",
        "technology_by": "shared",
        "information_by": "in_house",
    },
    "contract-persons": {"name": "李外包", "duty": "运维"},
    "supervisions": {"held_on": DAY, "supervisor": "李四", "result": "good", "observations": "正常"},
    "projects": {"number": "XM-1", "title": "平台建设", "requirement": "建设", "budget": Decimal(1)},
    "costs": {"year": 2026, "kind": "operation", "title": "运维"},
    "trainings": {"title": "安全培训", "kind": "security", "planned_on": DAY},
    "participants": {"name": "张三"},
    "practices": {"title": "经验", "noted_on": DAY, "text": "做法"},
    "meetings": {"title": "协调会", "held_on": DAY, "chair": "王五", "decisions": "分工"},
}


def entered(key, unit, *, parent=None, actor=audit.PLATFORM, **values):
    """An entry of a register."""
    return services.enter(
        register=REGISTERS.get(key),
        unit=unit,
        values={**DEFAULTS[key], **values},
        actor=actor,
        parent=parent,
    )


def with_file(key, entry, *, text="第一条", title="正文", actor=audit.PLATFORM):
    """The same entry with one more file."""
    services.add_file(
        register=REGISTERS.get(key),
        entry_id=entry.pk,
        data=text.encode(),
        original_name="正文.txt",
        title=title,
        actor=actor,
    )
    return entry
