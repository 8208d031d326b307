"""Fixed people and a small world for tests; content goes through the real services.

甲 (author, unit A), 乙 (review lead, unit A), 庚 (leader in charge, unit A),
丙 (author, unit B), 丁 (inspector). Every act below is the product's own
service: a test that publishes something has passed the whole chain.
"""

from dataclasses import dataclass, field
from datetime import date

from django.utils.functional import cached_property

from jiyue.core import audit, clock, outbox
from jiyue.library.content import ResourceContent
from jiyue.library.enums import AcquisitionMode, WithdrawalReason
from jiyue.library.models import Resource
from jiyue.library.services import create_resource, submit_for_review, withdraw_resource
from jiyue.library.use.corrections import FoundError, record_correction
from jiyue.library.use.enums import ErrorKind, Finder
from jiyue.library.use.models import CorrectionRecord
from jiyue.organizations.enums import StaffRole, UnitKind, UnitLevel
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.services import assign_role, create_unit, open_account
from jiyue.review import services as review
from jiyue.review.enums import SecrecyResult, StepStatus
from jiyue.review.models import ReviewCase, ReviewStep
from jiyue.review.sampling import get_sample
from jiyue.review.submission import Checks, SecrecyOpinion
from jiyue.sites.enums import ContentClass, SiteRoleName, SiteType
from jiyue.sites.models import Channel, Site
from jiyue.sites.services import assign_site_role

PASSWORD = "correct-horse-battery"
_MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>'


def make_unit(code: str, name: str = "", **values: object) -> Organization:
    """Create a unit."""
    defaults: dict[str, object] = {
        "level": UnitLevel.PREFECTURE_CITY,
        "kind": UnitKind.DEPARTMENT,
        "name": name or f"单位{code}",
        "actor": audit.PLATFORM,
    }
    return create_unit(code=code, **{**defaults, **values})  # type: ignore[arg-type]


def make_account(
    login_name: str, unit: Organization, *roles: StaffRole, name: str = "", starts_on: date = date(2020, 1, 1)
) -> StaffAccount:
    """Create a person with an account and roles in one unit."""
    person = Person.objects.create(name=name or login_name)
    account = open_account(
        person=person, unit=unit, login_name=login_name, password=PASSWORD, actor=audit.PLATFORM
    )
    for role in roles:
        assign_role(person=person, unit=unit, role=role, starts_on=starts_on, actor=audit.PLATFORM)
    return account


def make_site(key: str, sponsor: Organization, port: int | None = None, **values: object) -> Site:
    """Create a site with everything its header and footer show."""
    defaults: dict[str, object] = {
        "name": f"{key}人民政府",
        "site_type": SiteType.PORTAL,
        "host": f"{key}.localhost",
        "port": port,
        "base_url": f"http://{key}.localhost",
        "contact": "0000-1234567",
        "identity_code": "0000000001",
        "icp_filing": "演示备案号",
        "psb_filing": "演示公安备案号",
        "technical_supporter": "演示大数据中心",
        "accent": "#0b5563",
        "logo_svg": _MARK,
        "badge_svg": _MARK,
    }
    site = Site.objects.create(key=key, **{**defaults, **values})
    assign_site_role(
        site=site,
        unit=sponsor,
        role=SiteRoleName.SPONSOR,
        starts_on=date(2020, 1, 1),
        actor=audit.PLATFORM,
    )
    return site


def make_channel(site: Site, key: str, *contributors: Organization, **values: object) -> Channel:
    """Create a channel that the given units contribute to."""
    defaults: dict[str, object] = {"name": f"栏目{key}", "path": key, "content_class": ContentClass.DYNAMIC}
    channel = Channel.objects.create(site=site, key=key, **{**defaults, **values})
    channel.contributors.set(contributors)
    return channel


def make_content(*channels: Channel, **values: object) -> ResourceContent:
    """A complete article for the given channels."""
    defaults: dict[str, object] = {
        "kind": "article",
        "title": "全市集约化平台建设工作会议召开",
        "body_html": "<p>今天，市政府召开集约化平台建设工作会议，部署统一信息资源库建设。</p>",
        "source": "市政府办公室",
        "author": "甲",
        "channel_ids": tuple(channel.pk for channel in channels),
    }
    return ResourceContent(**{**defaults, **values})  # type: ignore[arg-type]


def sign_checks(step: ReviewStep) -> Checks:
    """Everything that a step asks its reviewer to sign."""
    secrecy = SecrecyOpinion(SecrecyResult.PUBLIC, "不涉密") if step.needs_secrecy_review else None
    return Checks(gates=frozenset(step.gates), secrecy=secrecy)


def read_sample(step: ReviewStep, account: StaffAccount) -> None:
    """Open the items of a batch that are drawn for the spot check."""
    for item in get_sample(step):
        review.record_item_read(step=step, item=item, actor=account)


def approve_step(case: ReviewCase, account: StaffAccount, **values: object) -> ReviewCase:
    """Approve the open step of a case as `account`, with all that it asks for."""
    case = ReviewCase.objects.get(pk=case.pk)
    step = case.steps.filter(status=StepStatus.OPEN).first() or case.steps.last()
    read_sample(step, account)
    defaults = {"seen_digest": case.manifest_digest, "checks": sign_checks(step)}
    return review.approve(step_id=step.pk, actor=account, **{**defaults, **values})


def note_correction(resource: Resource, account: StaffAccount, **values: object) -> CorrectionRecord:
    """Record what is wrong with a public item, so that its change may go to review."""
    defaults: dict[str, object] = {
        "kind": ErrorKind.FACT,
        "error": "会议时间有误",
        "finder": Finder.SELF,
        "found_at": clock.now(),
    }
    found = FoundError(**{**defaults, **values})  # type: ignore[arg-type]
    return record_correction(resource=resource, found=found, actor=account)


@dataclass
class World:
    """Two units, two sites, and everybody who is needed."""

    unit_a: Organization = field(default_factory=lambda: make_unit("A00000001", "市政府办公室"))
    unit_b: Organization = field(default_factory=lambda: make_unit("B00000002", "市交通局"))

    @cached_property
    def author(self) -> StaffAccount:
        """甲: entry clerk of unit A."""
        return make_account("jia", self.unit_a, StaffRole.ENTRY_CLERK, name="甲")

    @cached_property
    def second_author(self) -> StaffAccount:
        """己: another entry clerk of unit A."""
        return make_account("ji", self.unit_a, StaffRole.ENTRY_CLERK, name="己")

    @cached_property
    def lead(self) -> StaffAccount:
        """乙: review lead of unit A."""
        return make_account("yi", self.unit_a, StaffRole.REVIEW_LEAD, name="乙")

    @cached_property
    def leader(self) -> StaffAccount:
        """庚: leader in charge of unit A."""
        return make_account("geng", self.unit_a, StaffRole.LEADER_IN_CHARGE, name="庚")

    @cached_property
    def principal(self) -> StaffAccount:
        """辛: principal leader of unit A."""
        return make_account("xin", self.unit_a, StaffRole.PRINCIPAL_LEADER, name="辛")

    @cached_property
    def other_author(self) -> StaffAccount:
        """丙: entry clerk of unit B."""
        return make_account("bing", self.unit_b, StaffRole.ENTRY_CLERK, name="丙")

    @cached_property
    def other_lead(self) -> StaffAccount:
        """壬: review lead of unit B."""
        return make_account("ren", self.unit_b, StaffRole.REVIEW_LEAD, name="壬")

    @cached_property
    def other_leader(self) -> StaffAccount:
        """癸: leader in charge of unit B."""
        return make_account("gui", self.unit_b, StaffRole.LEADER_IN_CHARGE, name="癸")

    @cached_property
    def inspector(self) -> StaffAccount:
        """丁: inspector."""
        return make_account("ding", self.unit_a, StaffRole.INSPECTOR, name="丁")

    @cached_property
    def manager(self) -> StaffAccount:
        """戊: platform manager."""
        return make_account("wu", self.unit_a, StaffRole.PLATFORM_MANAGER, name="戊")

    @cached_property
    def portal(self) -> Site:
        """The city portal."""
        return make_site("shi", self.unit_a, port=9201)

    @cached_property
    def county(self) -> Site:
        """The county portal."""
        return make_site("xian", self.unit_b, port=9202, accent="#7a2e1d")

    @cached_property
    def news(self) -> Channel:
        """Portal channel open to both units."""
        return make_channel(self.portal, "yaowen", self.unit_a, self.unit_b, name="要闻动态", home_position=1)

    @cached_property
    def county_news(self) -> Channel:
        """County channel open to both units."""
        return make_channel(self.county, "zhuanzai", self.unit_a, self.unit_b, name="转载", home_position=1)

    def draft(self, **values: object) -> Resource:
        """A draft of unit A for the channels of both sites."""
        channels = values.pop("channels", None) or (self.news, self.county_news)
        content = make_content(*channels, **values)  # type: ignore[misc]
        mode = (
            AcquisitionMode.FILE_IMPORT if content.originally_published_on else AcquisitionMode.SELF_WRITTEN
        )
        return create_resource(unit=self.unit_a, content=content, actor=self.author, acquisition_mode=mode)

    def submitted(self, **values: object) -> ReviewCase:
        """A draft of unit A in review, waiting for the review lead."""
        return submit_for_review(resource=self.draft(**values), actor=self.author)

    def decide_all(self, case: ReviewCase) -> None:
        """Approve what is left of a case, level by level."""
        for account in (self.lead, self.leader):
            step = case.steps.filter(status=StepStatus.OPEN).first()
            if step:
                approve_step(case, account)

    def publish(self, **values: object) -> Resource:
        """An item of unit A, through the whole chain, with its side effects carried out."""
        case = self.submitted(**values)
        self.decide_all(case)
        outbox.drain()
        return Resource.objects.get(pk=case.items.get().subject_key)

    def withdraw(self, resource: Resource) -> None:
        """Take the item down, with its side effects carried out."""
        withdraw_resource(
            resource=resource,
            reason_type=WithdrawalReason.WRONG_CONTENT,
            reason="内容有误",
            actor=self.leader,
        )
        outbox.drain()
