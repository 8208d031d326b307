"""Rules, registers and work in hand of the demonstration city, through the product's own services."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from jiyue.core import audit, clock
from jiyue.core.files import store_file
from jiyue.demo.content import CONTENT
from jiyue.organizations.coregulation.models import MatterKind, RegulatorKind
from jiyue.organizations.coregulation.services import (
    open_case,
    register_co_regulator,
    share_case,
    write_message,
)
from jiyue.organizations.enums import Employment, StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.people_jobs import APPLICATION_LETTER
from jiyue.organizations.registers.base import REGISTERS
from jiyue.organizations.registers.content_tasks.models import TaskKind
from jiyue.organizations.registers.content_tasks.services import Assignment, accept_task, assign_tasks
from jiyue.organizations.registers.services import add_file, enter
from jiyue.organizations.services import assign_role
from jiyue.organizations.services.applications import apply_for_account
from jiyue.organizations.services.people import register_person
from jiyue.organizations.services.profiles import propose_assignment, set_up_profile
from jiyue.organizations.services.roles import end_role
from jiyue.organizations.sign_ins.enums import CheckKind, CheckResult
from jiyue.organizations.sign_ins.services.terminals import (
    CheckFacts,
    TerminalFacts,
    record_check,
    register_terminal,
)
from jiyue.policy.work_calendar.services import bring_shipped_years
from jiyue.sites.models import Channel
from jiyue.sites.services import name_channel_owner

_PLATFORM = audit.PLATFORM


class GovernanceLoader:
    """Loads what `content/governance.toml` states; called once, after units and people."""

    def __init__(self, units: Mapping[str, Organization]):
        self._units = units
        self._facts: dict[str, Any] = tomllib.loads((CONTENT / "governance.toml").read_text("utf-8"))
        self._today = clock.today()

    @transaction.atomic
    def load_rules(self) -> None:
        """Calendar and policy profiles: everything else counts by them."""
        for _year in bring_shipped_years():
            pass
        for key, profile in self._facts["profiles"].items():
            set_up_profile(unit=self._units[key], profile=profile, actor=_PLATFORM)

    @transaction.atomic
    def load_work(self) -> None:
        """Registers, tasks, terminals, a shared case, an application and a change that waits."""
        self._load_people()
        self._load_channel_owners()
        self._load_registers()
        self._load_tasks()
        self._load_terminals()
        self._load_matter()
        self._load_waiting()

    def _account(self, login: str) -> StaffAccount:
        return StaffAccount.objects.select_related("person", "unit").get(login_name=login)

    def _day(self, offset: int) -> Any:
        return self._today + timedelta(days=offset)

    def _load_people(self) -> None:
        for unit, role, login, section in self._facts["responsible"]["rows"]:
            assign_role(
                person=self._account(login).person,
                unit=self._units[unit],
                role=StaffRole(role),
                starts_on=self._day(-400),
                section=section,
                actor=_PLATFORM,
            )
        for row in self._facts["registered"]:
            person = register_person(
                unit=self._units[row["unit"]],
                name=row["name"],
                employment=Employment.PERMANENT,
                employee_number=row["number"],
                actor=_PLATFORM,
            )
            role = assign_role(
                person=person,
                unit=self._units[row["unit"]],
                role=StaffRole(row["role"]),
                starts_on=self._day(-400),
                actor=_PLATFORM,
            )
            if "left" in row:
                end_role(role=role, ends_on=self._day(-row["left"]), reason="岗位调整", actor=_PLATFORM)

    def _load_channel_owners(self) -> None:
        facts = self._facts["channel_owners"]
        actor = self._account("qinyi")
        channels = Channel.objects.filter(site__key__in=facts["sites"]).select_related("site")
        for channel in channels:
            clerks = StaffAccount.objects.filter(
                unit__contributed_channels=channel, person__roles__role=StaffRole.ENTRY_CLERK
            )
            clerk = clerks.select_related("person").order_by("unit__code").first()
            if clerk and f"{channel.site.key}/{channel.key}" not in facts["without"]:
                name_channel_owner(
                    channel=channel,
                    person=clerk.person,
                    starts_on=self._day(-300),
                    ends_on=None,
                    actor=actor,
                )

    def _enter(self, register: str, unit: str, parent: Any = None, **values: Any) -> Any:
        return enter(
            register=REGISTERS.get(register),
            unit=self._units[unit],
            values=values,
            actor=_PLATFORM,
            parent=parent,
        )

    def _load_registers(self) -> None:
        for rule in self._facts["rules"]:
            entry = self._enter(
                "rules",
                rule["unit"],
                kind=rule["kind"],
                title=rule["title"],
                document_number=rule["number"],
                adopted_on=self._day(rule["adopted"]),
                review_on=self._day(rule["review"]),
            )
            if "text" in rule:
                add_file(
                    register=REGISTERS.get("rules"),
                    entry_id=entry.pk,
                    data=rule["text"].encode(),
                    original_name=f"{rule['title']}.txt",
                    title=rule["title"],
                    actor=_PLATFORM,
                )
        self._load_outsourcing()
        self._load_project()
        self._load_training()

    def _load_outsourcing(self) -> None:
        vendor, contract = dict(self._facts["vendor"]), dict(self._facts["contract"])
        unit = vendor.pop("unit")
        row = self._enter(
            "vendors",
            unit,
            **vendor,
            response_hours=Decimal(1),
            examined_on=self._day(-310),
            verdict="suitable",
        )
        starts, ends = contract.pop("starts"), contract.pop("ends")
        self._enter(
            "contracts",
            unit,
            **contract,
            vendor=row,
            starts_on=self._day(starts),
            ends_on=self._day(ends),
            operations_by="vendor",
            technology_by="shared",
            information_by="in_house",
        )

    def _load_project(self) -> None:
        facts = self._facts["project"]
        project = self._enter(
            "projects",
            facts["unit"],
            number=facts["number"],
            title=facts["title"],
            requirement=facts["requirement"],
            stage="in_progress",
            budget=Decimal(facts["budget"]),
            approval_number=facts["approval"],
            approved_on=self._day(facts["approved"]),
            is_procurement=True,
            procedure="open_tender",
            progress_percent=facts["progress"],
        )
        for line in self._facts["costs"]:
            self._enter(
                "costs",
                facts["unit"],
                year=self._today.year,
                kind=line["kind"],
                title=line["title"],
                project=project,
                **{name: Decimal(line[name]) for name in ("planned", "granted", "spent")},
            )

    def _load_training(self) -> None:
        facts = self._facts["training"]
        session = self._enter(
            "trainings",
            facts["unit"],
            title=facts["title"],
            kind="content",
            planned_on=self._day(facts["planned"]),
            held_on=self._day(facts["held"]),
            hours=Decimal(facts["hours"]),
            trainer=facts["trainer"],
            place=facts["place"],
            content=facts["content"],
        )
        for name in facts["attended"]:
            self._enter("participants", facts["unit"], parent=session, name=name, attendance="attended")

    def _load_tasks(self) -> None:
        facts = self._facts["meeting"]
        meeting = self._enter(
            "meetings",
            facts["unit"],
            title=facts["title"],
            held_on=self._day(facts["held"]),
            chair=facts["chair"],
            participants=facts["participants"],
            decisions=facts["decisions"],
        )
        coordinator = self._account("yunzhi").audit_actor()
        for row in self._facts["tasks"]:
            due_at = timezone.make_aware(datetime.combine(self._day(row["due"]), time(18)))
            assignment = Assignment(
                kind=TaskKind(row["kind"]),
                topic=row["topic"],
                details=row["details"],
                due_at=due_at,
                meeting=meeting,
            )
            for task in assign_tasks(
                office=self._units["shifuban"],
                unit_ids=[self._units[row["unit"]].pk],
                assignment=assignment,
                actor=coordinator,
            ):
                if row["accepted"]:
                    accept_task(task_id=task.pk, actor=self._clerk_of(row["unit"]).audit_actor())

    def _clerk_of(self, unit: str) -> StaffAccount:
        return StaffAccount.objects.select_related("person", "unit").get(
            unit=self._units[unit], person__roles__role=StaffRole.ENTRY_CLERK
        )

    def _load_terminals(self) -> None:
        actor = self._account("qinyi").audit_actor()
        for row in self._facts["terminals"]:
            facts = TerminalFacts(
                name=row["name"],
                asset_number=row["asset"],
                custodian_id=self._account(row["custodian"]).person_id,
                address=row["address"],
            )
            terminal = register_terminal(unit=self._units[row["unit"]], facts=facts, actor=actor)
            checks = CheckFacts(
                kind=CheckKind.BOTH,
                checked_on=self._day(row["checked"]),
                checked_by="市数据局巡检组",
                tool="终端安全管理系统",
                result=CheckResult.PASSED,
            )
            record_check(terminal=terminal, facts=checks, actor=actor)

    def _load_matter(self) -> None:
        facts = self._facts["matter"]
        manager = self._account(facts["by"])
        case = open_case(
            kind=MatterKind(facts["kind"]),
            title=facts["title"],
            body=facts["body"],
            unit=self._units[facts["unit"]],
            actor=manager,
        )
        for kind, unit in facts["with"].items():
            regulator = register_co_regulator(kind=RegulatorKind(kind), unit=self._units[unit], actor=manager)
            share_case(case=case, regulator=regulator, actor=manager)
        write_message(case=case, body=facts["answer"], actor=self._account(facts["answered_by"]))

    def _load_waiting(self) -> None:
        application = self._facts["application"]
        unit = self._units[application["unit"]]
        actor = self._account(application["by"]).audit_actor()
        person = register_person(
            unit=unit,
            name=application["name"],
            employment=Employment.PERMANENT,
            employee_number=application["number"],
            actor=actor,
        )
        apply_for_account(
            person=person,
            unit=unit,
            login_name=application["login"],
            roles=application["roles"],
            need=application["need"],
            letter=store_file(
                data=application["letter"].encode(),
                original_name="开通账号申请.txt",
                purpose=APPLICATION_LETTER,
                unit_id=unit.pk,
                actor=actor,
            ),
            actor=actor,
        )
        change = self._facts["waiting_change"]
        propose_assignment(
            unit=self._units[change["unit"]],
            profile=change["profile"],
            is_strictest=False,
            effective_on=self._day(7),
            reason=change["reason"],
            actor=self._account(change["by"]).audit_actor(),
        )
