"""Signed papers: filed by the portal office before the review, complete or not at all."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from jiyue.core import audit, clock
from jiyue.core.files import FileRefused, open_file
from jiyue.core.models import AuditEntry
from jiyue.library.models import Edition
from jiyue.library.services import create_resource, submit_for_review, submit_together
from jiyue.organizations.enums import StaffRole, UnitKind
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.services.profiles import set_up_profile
from jiyue.review.enums import Office, PaperKind, SortOfContent
from jiyue.review.filing import list_free_papers, list_units_served, list_visible_papers
from jiyue.review.models import ApproverOffice, PaperFiling
from jiyue.review.services import NotTheReviewer, PaperMissing, ReviewRefused
from jiyue.review.services.papers import Paper, PaperRefused, file_paper
from jiyue.review.submission import Handling
from tests.factories import World, approve_step, make_account, make_channel, make_content, make_unit

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
WORDS = "同意在政府门户网站公开"


class District:
    """A district with the HT profile: a portal office, and a school that submits to it."""

    def __init__(self) -> None:
        self.root = make_unit("D00000000", "荷塘区人民政府", kind=UnitKind.GOVERNMENT)
        self.portal = make_unit("D00000001", "区政务公开办", superior=self.root)
        self.school = make_unit(
            "D00000002", "区第一中学", superior=self.root, kind=UnitKind.PUBLIC_INSTITUTION
        )
        ApproverOffice.objects.create(
            governed_unit=self.root, office=Office.PORTAL, unit=self.portal, starts_on=date(2020, 1, 1)
        )
        set_up_profile(unit=self.root, profile="HT", actor=audit.PLATFORM)
        self.clerk = make_account("portal-clerk", self.portal, StaffRole.ENTRY_CLERK, name="录")
        self.lead = make_account("portal-lead", self.portal, StaffRole.REVIEW_LEAD, name="审")
        self.teacher = make_account("teacher", self.school, StaffRole.ENTRY_CLERK, name="师")
        self.head = make_account("head", self.school, StaffRole.PRINCIPAL_LEADER, name="校长")

    def paper(self, **values: Any) -> Paper:
        """A complete paper of the school."""
        defaults = {
            "unit": self.school,
            "kind": PaperKind.STAMPED_SUBMISSION,
            "filing_number": "荷备〔2026〕1号",
            "title": "关于开学工作的信息",
            "signed_by": "校长",
            "signed_on": clock.today(),
            "has_stamp": True,
            "scan": PDF,
            "scan_name": "信息.pdf",
        }
        return Paper(**{**defaults, **values})

    def file(self, actor: StaffAccount | None = None, **values: Any) -> PaperFiling:
        """File such a paper."""
        return file_paper(paper=self.paper(**values), actor=actor or self.clerk)

    def draft(self, world: World, unit: Organization, author: StaffAccount, **values: object) -> Any:
        """A draft for a channel of the portal."""
        key = f"c{PaperFiling.objects.count()}{values.get('kind', '')}{values.get('sort', '')}"
        channel = make_channel(world.portal, key, unit)
        body = "<p>2026年11月20日，荷塘区第一中学召开开学工作会议，校长张三部署新学期工作。</p>"
        content = make_content(channel, **{"body_html": body, **values})
        return create_resource(unit=unit, content=content, actor=author)


@pytest.fixture
def district(db: None) -> District:
    return District()


@pytest.mark.req("REV-08")
def test_item_of_another_unit_passes_only_with_scan_number_signature_and_stamp(
    world: World, district: District
) -> None:
    resource = district.draft(world, district.school, district.teacher)
    with pytest.raises(PaperMissing):
        submit_for_review(resource=resource, actor=district.teacher)
    paper = district.file()
    entry = AuditEntry.objects.filter(verb="paper.filed").get()
    assert entry.subject_id == str(paper.pk)
    assert list(list_free_papers(district.school)) == [paper]
    case = submit_for_review(
        resource=resource, actor=district.teacher, handling=Handling(paper_ids=(paper.pk,))
    )
    assert [row.filing for row in case.papers.all()] == [paper]
    assert [(step.unit, step.role) for step in case.steps.all()] == [(district.portal, "review_lead")]
    assert not list_free_papers(district.school).exists()
    approve_step(case, district.lead)
    assert Edition.objects.filter(resource=resource).exists()


@pytest.mark.req("REV-08")
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"filing_number": " "}, "filing_number"),
        ({"title": ""}, "title"),
        ({"signed_by": ""}, "signed_by"),
        ({"signed_by": "教导主任"}, "signed_by"),
        ({"has_stamp": False}, "has_stamp"),
        ({"signed_on": date(2099, 1, 1)}, "signed_on"),
        ({"kind": PaperKind.NOTICE_CONSENT, "consent_words": WORDS, "has_stamp": False}, "has_stamp"),
        ({"kind": PaperKind.NOTICE_CONSENT}, "consent_words"),
        ({"kind": PaperKind.NOTICE_CONSENT, "consent_words": "同意公开"}, "consent_words"),
        ({"kind": PaperKind.DOCUMENT_CONSENT, "consent_words": "已阅"}, "consent_words"),
        ({"kind": PaperKind.INTERPRETATION_CONSENT}, "consent_words"),
    ],
)
def test_incomplete_paper_is_refused_at_its_field(district: District, values: Any, field: str) -> None:
    with pytest.raises(PaperRefused) as refusal:
        district.file(**values)
    assert refusal.value.field == field
    assert refusal.value.fix
    assert not PaperFiling.objects.exists()


@pytest.mark.req("REV-08")
@pytest.mark.parametrize(
    ("data", "name"), [(b"", "a.pdf"), (b"hello", "a.pdf"), (PDF, "a.docx"), (b"just text", "a.txt")]
)
def test_scan_is_a_pdf_or_a_picture(district: District, data: bytes, name: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        district.file(scan=data, scan_name=name)
    assert refusal.value.field == "scan"
    assert not PaperFiling.objects.exists()


def test_filing_number_is_given_once_in_an_office(district: District) -> None:
    district.file()
    with pytest.raises(PaperRefused) as refusal:
        district.file(title="另一件", actor=district.lead)
    assert refusal.value.field == "filing_number"


def test_only_people_of_the_portal_office_file(world: World, district: District) -> None:
    for actor in (district.teacher, district.head, world.lead, world.author):
        with pytest.raises(NotTheReviewer):
            district.file(actor=actor)
    assert list_units_served(district.clerk) == [district.root, district.portal, district.school]
    assert list_units_served(district.teacher) == []


def test_unit_and_office_see_a_paper_and_open_its_scan_nobody_else_does(
    world: World, district: District
) -> None:
    paper = district.file()
    for account, sees in (
        (district.teacher, True),
        (district.lead, True),
        (world.author, False),
        (world.manager, False),
    ):
        assert list_visible_papers(account).filter(pk=paper.pk).exists() is sees
        opened = open_file(file=paper.scan, actor=account.audit_actor())
        assert (opened is not None) is sees


def test_filed_paper_never_changes(district: District) -> None:
    paper = district.file()
    for change in ({"signed_by": "别人"}, {"has_stamp": False}, {"consent_words": "别的"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PaperFiling.objects.filter(pk=paper.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        PaperFiling.objects.filter(pk=paper.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        PaperFiling.objects.create(
            unit=paper.unit,
            filed_by_unit=paper.filed_by_unit,
            kind=PaperKind.NOTICE_CONSENT,
            filing_number="无章",
            title="x",
            signed_by="x",
            signed_on=paper.signed_on,
            scan=paper.scan,
            filed_by=district.clerk,
            filed_at=clock.now(),
        )


@pytest.mark.req("REV-09")
def test_notice_needs_the_paper_with_stamp_and_words_of_consent_before_the_portal_reviews(
    world: World, district: District
) -> None:
    resource = district.draft(world, district.school, district.teacher, sort=SortOfContent.NOTICE)
    plain = district.file()
    with pytest.raises(PaperMissing):
        submit_for_review(resource=resource, actor=district.teacher, handling=Handling(paper_ids=(plain.pk,)))
    notice = district.file(
        kind=PaperKind.NOTICE_CONSENT, filing_number="荷备〔2026〕2号", consent_words=f" {WORDS} "
    )
    case = submit_for_review(
        resource=resource, actor=district.teacher, handling=Handling(paper_ids=(notice.pk,))
    )
    assert case.route_key == "HT.notice"
    assert case.opened_at >= notice.filed_at
    approve_step(case, district.lead)
    assert Edition.objects.filter(resource=resource).exists()


@pytest.mark.req("REV-10")
def test_document_and_interpretation_need_both_papers_and_go_together(
    world: World, district: District
) -> None:
    office = make_unit("D00000003", "区政府办公室", superior=district.root)
    clerk = make_account("drafter", office, StaffRole.ENTRY_CLERK, name="拟")
    principal = make_account("drafting-head", office, StaffRole.PRINCIPAL_LEADER, name="主任")
    document = district.draft(world, office, clerk, sort=SortOfContent.GOVERNMENT_DOCUMENT)
    reading = district.draft(world, office, clerk, sort=SortOfContent.INTERPRETATION, title="关于办法的解读")
    with pytest.raises(ReviewRefused):
        submit_for_review(resource=document, actor=clerk)
    first = district.file(
        unit=office,
        kind=PaperKind.DOCUMENT_CONSENT,
        consent_words=WORDS,
        signed_by="主任",
        signed_on=clock.today() - timedelta(days=1),
    )
    with pytest.raises(PaperMissing):
        submit_together(resources=[document, reading], actor=clerk, handling=Handling(paper_ids=(first.pk,)))
    second = district.file(
        unit=office,
        kind=PaperKind.INTERPRETATION_CONSENT,
        consent_words=WORDS,
        signed_by="主任",
        filing_number="荷备〔2026〕9号",
    )
    case = submit_together(
        resources=[document, reading], actor=clerk, handling=Handling(paper_ids=(first.pk, second.pk))
    )
    approve_step(case, principal)
    approve_step(case, district.lead)
    assert Edition.objects.count() == 2


def test_paper_of_another_unit_serves_nobody_else(world: World, district: District) -> None:
    other = make_unit("D00000004", "区第二中学", superior=district.root, kind=UnitKind.PUBLIC_INSTITUTION)
    teacher = make_account("teacher2", other, StaffRole.ENTRY_CLERK)
    resource = district.draft(world, other, teacher)
    paper = district.file()
    with pytest.raises(PaperMissing):
        submit_for_review(resource=resource, actor=teacher, handling=Handling(paper_ids=(paper.pk,)))
