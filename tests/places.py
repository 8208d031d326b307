"""A government under the rules of one place, with the offices that its routes name."""

from dataclasses import dataclass, field

import pytest
from django.utils.functional import cached_property

from jiyue.core import audit, clock
from jiyue.library.content import ResourceContent
from jiyue.library.models import Edition, Resource
from jiyue.library.services import create_resource, submit_for_review
from jiyue.organizations.enums import StaffRole, UnitKind
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.services.profiles import set_up_profile
from jiyue.review import services
from jiyue.review.enums import Office, PaperKind
from jiyue.review.models import PaperFiling, ReviewCase
from jiyue.review.services.offices import assign_office
from jiyue.review.services.papers import Paper, file_paper
from jiyue.review.submission import Handling
from jiyue.sites.models import Channel
from tests.factories import World, approve_step, make_account, make_channel, make_content, make_unit

CLERK, LEAD = StaffRole.ENTRY_CLERK, StaffRole.REVIEW_LEAD
LEADER, PRINCIPAL = StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER
CONSENT = "同意在政府门户网站公开"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass
class Place:
    """A government with a portal, a department, another unit, and the offices of the regulations."""

    profile: str
    top: Organization = field(
        default_factory=lambda: make_unit("T00000000", "云州市人民政府", kind="government")
    )

    def __post_init__(self) -> None:
        set_up_profile(unit=self.top, profile=self.profile, actor=audit.PLATFORM)
        for office in Office:
            assign_office(
                governed_unit=self.top,
                office=office,
                holder=self.unit(office),
                starts_on=clock.today(),
                actor=audit.PLATFORM,
            )

    def unit(self, name: str, kind: str = UnitKind.DEPARTMENT) -> Organization:
        """A unit below the top one, made once."""
        found = Organization.objects.filter(code=f"X-{name}"[:9]).first()
        return found or make_unit(f"X-{name}"[:9], name, superior=self.top, kind=kind)

    def person(self, unit: Organization, role: StaffRole) -> StaffAccount:
        """The one who holds a role in a unit, made once."""
        login = f"{unit.code}-{role}".lower()[:30]
        return StaffAccount.objects.filter(login_name=login).first() or make_account(login, unit, role)

    @cached_property
    def news(self) -> Channel:
        """A channel of the portal, which the portal office runs."""
        world = World(unit_a=self.unit(Office.PORTAL), unit_b=self.top)
        return make_channel(world.portal, "yaowen", *Organization.objects.all(), name="要闻动态")

    def content(self, unit: Organization, **values: object) -> ResourceContent:
        self.news.contributors.add(unit)
        body = "<p>11月20日，有关单位召开会议，部署下一阶段的便民服务工作。</p>"
        return make_content(self.news, **{"title": "便民服务工作会议召开", "body_html": body, **values})

    def draft(self, unit: Organization, **values: object) -> Resource:
        content = self.content(unit, **values)
        return create_resource(unit=unit, content=content, actor=self.person(unit, CLERK))

    def submit(self, unit: Organization, *papers: PaperFiling, **values: object) -> ReviewCase:
        return submit_for_review(
            resource=self.draft(unit, **values),
            actor=self.person(unit, CLERK),
            handling=Handling(paper_ids=tuple(paper.pk for paper in papers)),
        )

    def paper(self, unit: Organization, kind: PaperKind, number: str, **values: object) -> PaperFiling:
        signer = self.person(unit, PRINCIPAL)
        facts: dict[str, object] = {
            "unit": unit,
            "kind": kind,
            "filing_number": number,
            "title": "便民服务工作会议召开",
            "signed_by": signer.person.name,
            "signed_on": clock.today(),
            "scan": PDF,
            "scan_name": "签批件.pdf",
            "has_stamp": True,
            "consent_words": CONSENT,
        }
        clerk = self.person(self.unit(Office.PORTAL), CLERK)
        return file_paper(paper=Paper(**{**facts, **values}), actor=clerk)  # type: ignore[arg-type]

    def walk(self, case: ReviewCase, *deciders: tuple[Organization, StaffRole]) -> None:
        """Approve level by level; before its turn nobody can, and nothing is out before the last one."""
        accounts = [self.person(unit, role) for unit, role in deciders]
        steps = [(step.unit, step.role) for step in case.steps.all()]
        assert steps == [(unit, role.value) for unit, role in deciders]
        for number, account in enumerate(accounts):
            assert not Edition.objects.exists()
            for early in accounts[number + 1 :]:
                with pytest.raises(services.ReviewRefused):
                    approve_step(case, early)
            approve_step(case, account)
        assert Edition.objects.filter(case=case).count() == case.item_count
