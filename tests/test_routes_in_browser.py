"""The routes of NT, HT and NB through the real screens: submission, paper, every level, the edition."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import BrowserContext, Page

from jiyue.backoffice.tests.test_browser import sign_in
from jiyue.core import audit, clock
from jiyue.library.models import Edition, Resource
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.enums import StaffRole, UnitKind
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.review.enums import Office, PaperKind
from jiyue.review.models import PaperFiling, ReviewCase
from tests.places import CLERK, CONSENT, LEAD, LEADER, PDF, PRINCIPAL, Place

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def says(text: str) -> str:
    """What the screens say for an English source text."""
    with translation.override(settings.LANGUAGE_CODE):
        return gettext(text)


class Desk:
    """One person after the other at the same machine."""

    def __init__(self, context: BrowserContext, address: str):
        self._context = context
        self._address = address

    def sit_down(self, account: StaffAccount) -> Page:
        """Sign in as somebody else, in a clean browser."""
        self._context.clear_cookies()
        for page in self._context.pages:
            page.close()
        second_factor.enrol(account, actor=audit.PLATFORM)
        page = self._context.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{self._address}/")
        sign_in(page, account)
        return page

    def go(self, page: Page, name: str, *args: object) -> None:
        """Open an address of the back office."""
        page.goto(self._address + reverse(f"backoffice:{name}", args=args))

    def submit(self, account: StaffAccount, resource: Resource, *papers: PaperFiling) -> ReviewCase:
        """Hand an item to review and choose the papers it rests on."""
        page = self.sit_down(account)
        self.go(page, "resource_submit", resource.pk)
        for paper in papers:
            page.get_by_role("checkbox", name=re.compile(re.escape(paper.filing_number))).check()
        page.get_by_role("button", name=says("Submit for review"), exact=True).click()
        page.wait_for_selector(".notice-success")
        return ReviewCase.objects.latest("pk")

    def approve(self, account: StaffAccount, case: ReviewCase) -> None:
        """Sign what the level asks for and approve it."""
        page = self.sit_down(account)
        self.go(page, "case_list")
        page.get_by_role("link", name=case.title).first.click()
        page.wait_for_selector("button[value=approve]:not([disabled])")
        for gate in page.locator("[name=gates]").all():
            gate.check()
        if page.locator("[name=secrecy_basis]").count():
            page.locator("[name=secrecy_result][value=public]").check()
            page.get_by_label(says("Basis of the secrecy review")).fill("不涉密")
        page.locator("button[value=approve]").click()
        page.wait_for_selector(".notice-success")

    def is_closed_to(self, account: StaffAccount, case: ReviewCase) -> bool:
        """Whether somebody can't approve the case: no button, or no page at all."""
        page = self.sit_down(account)
        self.go(page, "case_detail", case.pk)
        return page.locator("button[value=approve]").count() == 0


@pytest.fixture
def desk(desktop: BrowserContext, live_server) -> Desk:
    return Desk(desktop, live_server.url)


def walk(desk: Desk, place: Place, case: ReviewCase, *deciders: tuple[Organization, StaffRole]) -> None:
    accounts = [place.person(unit, role) for unit, role in deciders]
    assert desk.is_closed_to(case.submitter, case)
    for number, account in enumerate(accounts):
        assert not Edition.objects.exists()
        for early in accounts[number + 1 :]:
            assert desk.is_closed_to(early, case)
        desk.approve(account, case)
    edition = Edition.objects.get()
    assert edition.case_id == case.pk


@pytest.mark.req("REV-05", "REV-06")
def test_nt_item_for_the_portal_passes_three_desks_and_the_data_bureau(
    transactional_db: None, desk: Desk
) -> None:
    nt = Place("NT")
    unit, bureau = nt.unit("jiaotong"), nt.unit(Office.DATA_BUREAU)
    case = desk.submit(nt.person(unit, CLERK), nt.draft(unit))
    assert case.route_key == "NT.higher_portal"
    walk(desk, nt, case, (unit, LEAD), (unit, LEADER), (bureau, LEAD))


@pytest.mark.req("REV-08")
def test_ht_other_unit_files_its_paper_and_the_portal_releases(transactional_db: None, desk: Desk) -> None:
    ht = Place("HT")
    unit, portal = ht.unit("tushuguan", UnitKind.PUBLIC_INSTITUTION), ht.unit(Office.PORTAL)
    resource, signer = ht.draft(unit), ht.person(unit, PRINCIPAL)
    page = desk.sit_down(ht.person(unit, CLERK))
    desk.go(page, "resource_submit", resource.pk)
    page.get_by_role("button", name=says("Submit for review"), exact=True).click()
    page.wait_for_load_state()
    assert not ReviewCase.objects.exists()
    page = desk.sit_down(ht.person(portal, CLERK))
    desk.go(page, "paper_new")
    page.get_by_label(says("Submitting unit")).select_option(str(unit.pk))
    page.get_by_label(says("Sort of paper")).select_option(PaperKind.STAMPED_SUBMISSION.value)
    page.get_by_label(says("Filing number")).fill("存档〔41〕号")
    page.locator("[name=title]").fill(resource.title)
    page.get_by_label(says("Signed by")).fill(signer.person.name)
    page.get_by_label(says("Signed on")).fill(clock.today().isoformat())
    page.locator("[name=has_stamp]").check()
    page.locator("[name=consent_words]").fill(CONSENT)
    page.locator("[name=scan]").set_input_files(
        {"name": "签批件.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.get_by_role("button", name=says("File it")).click()
    page.wait_for_selector(".notice-success")
    case = desk.submit(ht.person(unit, CLERK), resource, PaperFiling.objects.get())
    assert case.route_key == "HT.other_unit"
    walk(desk, ht, case, (portal, LEAD))


@pytest.mark.req("REV-07", "ORG-11")
def test_ht_department_releases_through_its_principal_leader(transactional_db: None, desk: Desk) -> None:
    ht = Place("HT")
    unit = ht.unit("minzheng")
    case = desk.submit(ht.person(unit, CLERK), ht.draft(unit))
    walk(desk, ht, case, (unit, PRINCIPAL))


@pytest.mark.req("REV-01")
def test_nb_item_passes_provision_review_and_release(transactional_db: None, desk: Desk) -> None:
    nb = Place("NB")
    unit = nb.unit("jiaotong")
    case = desk.submit(nb.person(unit, CLERK), nb.draft(unit))
    walk(desk, nb, case, (unit, LEAD), (unit, LEADER))
