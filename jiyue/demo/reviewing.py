"""Review in the demonstration city: offices, routes, stand-ins, papers and cases, through the services."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from jiyue.core import audit, clock
from jiyue.demo.content import CONTENT
from jiyue.demo.papers import render_paper
from jiyue.library.models import Resource
from jiyue.library.services import submit_batch, submit_for_review, submit_together
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.publishing.work.planning import plan_release
from jiyue.review import services as review
from jiyue.review.authority import list_deciders
from jiyue.review.enums import CaseForm, MajorSign, Office, PaperKind, SecrecyResult, StepStatus
from jiyue.review.models import ReviewCase, ReviewStep
from jiyue.review.sampling import get_sample
from jiyue.review.services.delegating import delegate_review
from jiyue.review.services.duty import plan_shift
from jiyue.review.services.holding import refer_case
from jiyue.review.services.offices import add_major_rule, assign_office
from jiyue.review.services.papers import Paper, file_paper
from jiyue.review.services.routing import set_up_route
from jiyue.review.submission import Checks, Handling, SecrecyOpinion


class ReviewLoader:
    """Loads what `content/review.toml` states; also takes items through their reviewers."""

    def __init__(self, units: Mapping[str, Organization]):
        self._units = units
        self._facts: dict[str, Any] = tomllib.loads((CONTENT / "review.toml").read_text("utf-8"))

    @transaction.atomic
    def load_rules(self) -> None:
        """Offices and local routes: every submission asks for them."""
        for governed, offices in self._facts["offices"].items():
            for office, holder in offices.items():
                assign_office(
                    governed_unit=self._units[governed],
                    office=Office(office),
                    holder=self._units[holder],
                    starts_on=clock.today(),
                    actor=audit.PLATFORM,
                )
        for row in self._facts["routes"]:
            spec = {name: value for name, value in row.items() if name not in ("unit", "key")}
            set_up_route(unit=self._units[row["unit"]], key=row["key"], spec=spec, actor=audit.PLATFORM)

    @transaction.atomic
    def load_work(self, resources: Mapping[str, Resource]) -> None:
        """What makes information major, papers, cases, a delegation and this week's duty.

        Args:
            resources: Items that wait in a case, by their key in the content files.
        """
        for row in self._facts["major_rules"]:
            add_major_rule(
                unit=self._units[row["unit"]],
                sign=MajorSign(row["sign"]),
                text=row["text"],
                actor=_account(row["by"]),
            )
        papers = {row["key"]: self._file(row) for row in self._facts["papers"]}
        for row in self._facts["cases"]:
            self._open(row, resources, papers)
        for row in self._facts["delegations"]:
            delegate_review(
                unit=self._units[row["unit"]],
                role=StaffRole(row["role"]),
                delegate=_account(row["to"]),
                starts_on=clock.today(),
                ends_on=clock.today() + timedelta(days=row["days"]),
                reason=row["reason"],
                actor=_account(row["from"]),
            )
        self._plan_duty()

    def approve(self, case: ReviewCase, decisions: int | None) -> None:
        """Let whoever may decide approve up to `decisions` levels, all of them for None."""
        for step in list(case.steps.select_related("unit"))[:decisions]:
            step.case = case
            actor = self.decider_of(step)
            for item in get_sample(step):
                review.record_item_read(step=step, item=item, actor=actor)
            secrecy = SecrecyOpinion(SecrecyResult.PUBLIC, self._facts["secrecy_basis"])
            review.approve(
                step_id=step.pk,
                seen_digest=case.manifest_digest,
                actor=actor,
                checks=Checks(gates=frozenset(step.gates), secrecy=secrecy),
            )

    def decider_of(self, step: ReviewStep) -> StaffAccount:
        """Who decides a level that is to be opened next or open now."""
        return list_deciders(step)[0]

    def _file(self, row: Mapping[str, Any]) -> int:
        unit = self._units[row["unit"]]
        paper = Paper(
            unit=unit,
            kind=PaperKind(row["kind"]),
            filing_number=row["number"],
            title=row["title"],
            signed_by=row["signed_by"],
            signed_on=clock.today() - timedelta(days=row["days"]),
            scan=render_paper(title=row["title"], lines=[unit.name, row["number"], *row["words"]]),
            scan_name=f"{row['title']}.pdf",
            has_stamp=row.get("stamp", False),
            consent_words=row.get("consent", ""),
        )
        office = self._units[self._facts["offices"]["tinnan"]["portal"]]
        clerk = StaffAccount.objects.get(unit=office, person__roles__role=StaffRole.ENTRY_CLERK)
        return file_paper(paper=paper, actor=clerk).pk

    def _open(
        self, row: Mapping[str, Any], resources: Mapping[str, Resource], papers: Mapping[str, int]
    ) -> None:
        items = [resources[key] for key in row["items"]]
        clerk = items[0].created_by
        handling = Handling(
            is_urgent="urgent" in row,
            urgent_reason=row.get("urgent", ""),
            paper_ids=tuple(papers[key] for key in row.get("papers", ())),
        )
        form = row.get("form", CaseForm.SINGLE)
        if form == CaseForm.BATCH:
            case = submit_batch(resources=items, title=row["title"], actor=clerk)
        elif form == CaseForm.JOINT:
            case = submit_together(resources=items, actor=clerk, handling=handling)
        else:
            case = submit_for_review(resource=items[0], actor=clerk, handling=handling)
        if "release_in_days" in row:
            day = clock.today() + timedelta(days=row["release_in_days"])
            release_at = timezone.make_aware(datetime.combine(day, row["release_at"]))
            plan_release(case_id=case.pk, release_at=release_at, actor=clerk)
        self.approve(case, row.get("decided"))
        if "question" in row:
            step = case.steps.select_related("unit").get(status=StepStatus.OPEN)
            step.case = case
            refer_case(
                case_id=case.pk,
                referred_to=row["referred_to"],
                question=row["question"],
                is_secrecy_authority=row["is_secrecy_authority"],
                actor=self.decider_of(step),
            )

    def _plan_duty(self) -> None:
        facts = self._facts["duty"]
        first = timezone.make_aware(datetime.combine(clock.today(), time(facts["starts"])))
        for role in (StaffRole.ENTRY_CLERK, StaffRole.REVIEW_LEAD, StaffRole.LEADER_IN_CHARGE):
            for number in range(facts["days"]):
                people = facts[role.value]
                starts_at = first + timedelta(days=number)
                plan_shift(
                    unit=self._units[facts["unit"]],
                    role=role,
                    account=_account(people[number % len(people)]),
                    starts_at=starts_at,
                    ends_at=starts_at + timedelta(hours=facts["hours"]),
                    phone=facts["phone"],
                    actor=_account(facts["by"]),
                )


def _account(login: str) -> StaffAccount:
    return StaffAccount.objects.select_related("person", "unit").get(login_name=login)
