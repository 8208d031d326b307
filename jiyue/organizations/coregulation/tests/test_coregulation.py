"""Co-regulators see what was shared with them, nothing else, and nobody rewrites what was said."""

import pytest
from django.db import DatabaseError, transaction

from jiyue.core.files import open_file
from jiyue.core.models import AuditEntry
from jiyue.organizations.coregulation.models import CaseMessage, MatterKind, RegulatorKind
from jiyue.organizations.coregulation.selectors import list_visible_cases
from jiyue.organizations.coregulation.services import (
    Attachment,
    CoRegulationRefused,
    close_case,
    open_case,
    register_co_regulator,
    retire_co_regulator,
    share_case,
    write_message,
)
from jiyue.organizations.enums import StaffRole
from tests.factories import make_account, make_unit

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Offices:
    """A government with a cyberspace office and a police, and another city beside it."""

    def __init__(self) -> None:
        self.top = make_unit("T1", "市政府")
        self.cyber, self.police = (make_unit(code, name, superior=self.top) for code, name in _OFFICES)
        self.manager = make_account("zhou.min", self.top, StaffRole.PLATFORM_MANAGER)
        self.neighbour = make_account("wu.gang", make_unit("T2", "邻市"), StaffRole.PLATFORM_MANAGER)
        contact = StaffRole.CO_REGULATION_CONTACT
        self.cyber_contact = make_account("zheng.li", self.cyber, contact)
        self.police_contact = make_account("wang.jun", self.police, contact)
        self.cyber_part = register_co_regulator(
            kind=RegulatorKind.CYBERSPACE, unit=self.cyber, actor=self.manager
        )
        self.police_part = register_co_regulator(
            kind=RegulatorKind.PUBLIC_SECURITY, unit=self.police, actor=self.manager
        )
        self.case = open_case(
            kind=MatterKind.FAKE_SITE,
            title="仿冒网站",
            body="发现仿冒网站",
            unit=self.top,
            actor=self.manager,
            attachment=Attachment("截图.pdf", PDF),
        )


_OFFICES = (("C1", "网信办"), ("P1", "公安局"))


@pytest.fixture
def offices() -> Offices:
    """The offices with one case that isn't shared yet."""
    return Offices()


@pytest.mark.req("ORG-03")
def test_co_regulator_sees_only_cases_shared_with_it(offices):
    assert offices.cyber_part.level == offices.cyber.level
    for account in (offices.cyber_contact, offices.police_contact, offices.neighbour):
        assert not list_visible_cases(account).exists()
    share_case(case=offices.case, regulator=offices.cyber_part, actor=offices.manager)
    assert list(list_visible_cases(offices.cyber_contact)) == [offices.case]
    for account in (offices.police_contact, offices.neighbour):
        assert not list_visible_cases(account).exists()
        with pytest.raises(CoRegulationRefused):
            write_message(case=offices.case, body="试", actor=account)
    write_message(case=offices.case, body="已处置", actor=offices.cyber_contact)
    assert [message.body for message in offices.case.messages.all()] == ["发现仿冒网站", "已处置"]
    assert AuditEntry.objects.filter(verb="co_case.message").count() == 2


@pytest.mark.req("ORG-03")
def test_attachment_opens_for_those_who_see_the_case_only(offices):
    file = offices.case.messages.get().attachment
    assert open_file(file=file, actor=offices.cyber_contact.audit_actor()) is None
    share_case(case=offices.case, regulator=offices.cyber_part, actor=offices.manager)
    assert open_file(file=file, actor=offices.cyber_contact.audit_actor()) == PDF
    assert open_file(file=file, actor=offices.police_contact.audit_actor()) is None
    assert open_file(file=file, actor=offices.neighbour.audit_actor()) is None


def test_part_that_ended_and_role_that_ended_see_nothing(offices):
    share_case(case=offices.case, regulator=offices.cyber_part, actor=offices.manager)
    retire_co_regulator(regulator=offices.cyber_part, actor=offices.manager)
    assert not list_visible_cases(offices.cyber_contact).exists()
    share_case(case=offices.case, regulator=offices.police_part, actor=offices.manager)
    offices.police_contact.person.roles.update(ends_on="2020-12-31")
    assert not list_visible_cases(offices.police_contact).exists()


@pytest.mark.req("ORG-03")
def test_message_log_is_never_rewritten(offices):
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseMessage.objects.update(body="改")
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseMessage.objects.all().delete()


def test_contacts_do_not_share_or_close_and_closed_cases_take_no_message(offices):
    share_case(case=offices.case, regulator=offices.cyber_part, actor=offices.manager)
    with pytest.raises(CoRegulationRefused):
        share_case(case=offices.case, regulator=offices.police_part, actor=offices.cyber_contact)
    with pytest.raises(CoRegulationRefused):
        close_case(case=offices.case, outcome="结", actor=offices.cyber_contact)
    with pytest.raises(CoRegulationRefused):
        close_case(case=offices.case, outcome=" ", actor=offices.manager)
    close_case(case=offices.case, outcome="已关停", actor=offices.manager)
    with pytest.raises(CoRegulationRefused):
        write_message(case=offices.case, body="再说", actor=offices.cyber_contact)
    assert AuditEntry.objects.filter(verb="co_case.closed").exists()


def test_only_own_units_are_registered_and_each_once(offices):
    for unit, actor in ((offices.cyber, offices.manager), (offices.police, offices.neighbour)):
        with pytest.raises(CoRegulationRefused):
            register_co_regulator(kind=RegulatorKind.CYBERSPACE, unit=unit, actor=actor)
    with pytest.raises(CoRegulationRefused):
        open_case(kind=MatterKind.ICP, title="备案", body="试", unit=offices.top, actor=offices.cyber_contact)
