"""What goes with a case: papers, questions, risk, standing in, duty, time limits, routes.

Cases and papers of unit A exist for unit A's people only. What a reviewer does
with a case is refused to everybody else with the reason (409), or leads back to
the case (302). Rosters are planned by leaders in charge, coordinators and
platform managers; routes by platform managers.
"""

from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from jiyue.core import audit, clock
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.selectors import get_active_roles
from jiyue.review.enums import MajorSign, Office, PaperKind
from jiyue.review.models import ApproverOffice
from jiyue.review.services.delegating import delegate_review
from jiyue.review.services.duty import plan_shift
from jiyue.review.services.holding import mark_sensitive
from jiyue.review.services.offices import add_major_rule
from jiyue.review.services.papers import Paper, file_paper
from jiyue.review.services.routing import set_up_route
from tests.factories import World, make_account
from tests.matrix import GONE, Objects, Row, Things, everybody

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
FILING = {"entry_clerk": 200, "review_lead": 200}
PLANNING = {"leader_in_charge": 200, "coordinator": 200, "platform_manager": 200}
PLANNED = {"leader_in_charge": 302, "coordinator": 302, "platform_manager": 302}


def _principal(world: World) -> str:
    """Name of whoever leads unit A; without one any name would do."""
    found = get_active_roles().filter(unit=world.unit_a, role=StaffRole.PRINCIPAL_LEADER).first()
    return found.person.name if found else "某某"


def _paper(objects: Objects) -> dict[str, object]:
    return {
        "unit": objects.world.unit_a.pk,
        "kind": PaperKind.STAMPED_SUBMISSION,
        "filing_number": "矩〔2026〕2号",
        "title": "另一份",
        "signed_by": _principal(objects.world),
        "signed_on": clock.today(),
        "has_stamp": "on",
        "scan": SimpleUploadedFile("a.pdf", PDF),
    }


def _delegation(objects: Objects) -> dict[str, object]:
    return {
        "role": f"{objects.world.unit_a.pk}:{StaffRole.REVIEW_LEAD}",
        "delegate": objects.key("helper"),
        "starts_on": clock.today(),
        "ends_on": clock.today() + timedelta(days=2),
        "reason": "出差",
    }


def _shift(objects: Objects) -> dict[str, object]:
    start = timezone.localtime(clock.now() + timedelta(days=9))
    return {
        "role": StaffRole.REVIEW_LEAD,
        "account": objects.key("helper_lead"),
        "starts_at": f"{start:%Y-%m-%dT%H:%M}",
        "ends_at": f"{start + timedelta(hours=8):%Y-%m-%dT%H:%M}",
    }


def _route(objects: Objects) -> dict[str, object]:
    return {
        "key": "matrix.two",
        "name": "矩阵二",
        "clause": "内部规定",
        "effective_on": clock.today(),
        "reason": "试",
        "level-TOTAL_FORMS": 2,
        "level-INITIAL_FORMS": 0,
        "level-0-role": StaffRole.REVIEW_LEAD,
        "level-0-unit": "own",
        "level-0-gates": "on",
        "level-0-secrecy": "on",
        "level-1-role": StaffRole.LEADER_IN_CHARGE,
        "level-1-unit": "own",
    }


def _of_unit(objects: Objects) -> str:
    return f"?unit={objects.world.unit_a.pk}"


def _own_route(objects: Objects) -> str:
    return f"?unit={objects.world.unit_a.pk}&key=matrix.one"


MANAGER = everybody(403, platform_manager=200)
MANAGED = everybody(403, platform_manager=302)

ROWS = (
    Row("case_refer", everybody(302, review_lead=200), GONE, ("case",)),
    Row(
        "case_refer",
        everybody(409, review_lead=302),
        GONE,
        ("case",),
        "post",
        lambda objects: {"referred_to": "保密局", "question": "能否公开"},
    ),
    Row("case_answer", everybody(302), GONE, ("case",)),
    Row(
        "case_answer",
        everybody(409),
        GONE,
        ("case",),
        "post",
        lambda objects: {"may_be_public": "yes", "answer": "可以", "answer_number": "1号"},
    ),
    Row("case_mark", everybody(302), GONE, ("case",)),
    Row("case_mark", everybody(409), GONE, ("case",), "post", lambda objects: {"reason": "敏感"}),
    Row("case_assess", everybody(302, review_lead=200), GONE, ("case",)),
    Row(
        "case_assess",
        everybody(409, review_lead=302),
        GONE,
        ("case",),
        "post",
        lambda objects: {
            "risks": "无",
            "coordinated_with": "公安局",
            "measures": "解读",
            "may_be_released": "yes",
        },
    ),
    Row("paper_list", everybody(200)),
    Row("paper_new", everybody(403, **FILING), everybody(403)),
    Row(
        "paper_new",
        everybody(403, entry_clerk=302, review_lead=302),
        everybody(403),
        method="post",
        data=_paper,
    ),
    Row("paper_detail", everybody(200), GONE, ("paper",)),
    Row("delegation_list", everybody(200)),
    Row(
        "delegation_list",
        everybody(403, review_lead=302, leader_in_charge=422, principal_leader=422),
        everybody(403, review_lead=422, leader_in_charge=422, principal_leader=422),
        method="post",
        data=_delegation,
    ),
    Row("delegation_end", everybody(302), None, ("delegation",)),
    Row("delegation_end", GONE, None, ("delegation",), "post"),
    Row("duty_week", everybody(200), GONE, query=_of_unit),
    Row("duty_new", everybody(403, **PLANNING), GONE, query=_of_unit),
    Row("duty_new", everybody(403, **PLANNED), GONE, method="post", data=_shift, query=_of_unit),
    Row("duty_cancel", everybody(404, **PLANNED), GONE, ("shift",)),
    Row("duty_cancel", everybody(404, **PLANNED), GONE, ("shift",), "post"),
    Row("duty_swap", everybody(404, **PLANNING), GONE, ("shift",)),
    Row(
        "duty_swap",
        everybody(404, **PLANNED),
        GONE,
        ("shift",),
        "post",
        lambda objects: {"account": objects.key("second_lead")},
    ),
    Row("timeliness", everybody(200), GONE, query=_of_unit),
    Row("route_list", everybody(200), GONE, query=_of_unit),
    Row("route_propose", MANAGER, GONE, query=_of_unit),
    Row("route_propose", MANAGED, GONE, method="post", data=_route, query=_of_unit),
    Row("route_end", MANAGER, GONE, query=_own_route),
    Row(
        "route_end",
        MANAGED,
        GONE,
        method="post",
        data=lambda objects: {"effective_on": clock.today(), "reason": "试"},
        query=_own_route,
    ),
    Row("office_assign", everybody(302), GONE, query=_of_unit),
    Row(
        "office_assign",
        MANAGED,
        GONE,
        method="post",
        data=lambda objects: {
            "office": Office.DATA_BUREAU,
            "unit": objects.world.unit_a.pk,
            "starts_on": clock.today(),
        },
        query=_of_unit,
    ),
    Row("office_end", everybody(302), None, ("office",)),
    Row("office_end", MANAGED, GONE, ("office",), "post"),
    Row("major_rule_add", everybody(302), GONE, query=_of_unit),
    Row(
        "major_rule_add",
        MANAGED,
        GONE,
        method="post",
        data=lambda objects: {"sign": MajorSign.KEYWORD, "text": "另一个词"},
        query=_of_unit,
    ),
    Row("major_rule_end", everybody(302), None, ("rule",)),
    Row("major_rule_end", MANAGED, GONE, ("rule",), "post"),
)


def make_things(world: World) -> Things:
    """A sensitive case, a paper, a delegation, a turn of duty, an office, a sign, a route: all unit A's."""
    case = world.submitted()
    mark_sensitive(case_id=case.pk, reason="敏感", actor=world.lead)
    office = ApproverOffice.objects.create(
        governed_unit=world.unit_a, office=Office.PORTAL, unit=world.unit_a, starts_on=date(2020, 1, 1)
    )
    paper = file_paper(
        paper=Paper(
            unit=world.unit_a,
            kind=PaperKind.STAMPED_SUBMISSION,
            filing_number="矩〔2026〕1号",
            title="一份",
            signed_by=_principal(world),
            signed_on=clock.today(),
            has_stamp=True,
            scan=PDF,
            scan_name="a.pdf",
        ),
        actor=world.lead,
    )
    helper = make_account("handling-helper", world.unit_a)
    helper_lead = make_account("handling-lead", world.unit_a, StaffRole.REVIEW_LEAD)
    second_lead = make_account("handling-lead2", world.unit_a, StaffRole.REVIEW_LEAD)
    delegation = delegate_review(
        unit=world.unit_a,
        role=StaffRole.REVIEW_LEAD,
        delegate=make_account("handling-other", world.unit_a),
        starts_on=clock.today(),
        ends_on=clock.today(),
        reason="请假",
        actor=world.lead,
    )
    start = clock.now() + timedelta(days=1)
    shift = plan_shift(
        unit=world.unit_a,
        role=StaffRole.REVIEW_LEAD,
        account=helper_lead,
        starts_at=start,
        ends_at=start + timedelta(hours=8),
        actor=world.leader,
    )
    set_up_route(
        unit=world.unit_a,
        key="matrix.one",
        spec={
            "name": "矩阵一",
            "clause": "内部规定",
            "sites": ["nowhere"],
            "levels": [
                {"role": StaffRole.REVIEW_LEAD.value, "gates": True, "secrecy": True},
                {"role": StaffRole.LEADER_IN_CHARGE.value},
            ],
        },
        actor=audit.PLATFORM,
    )
    return {
        "case": case,
        "paper": paper,
        "helper": helper,
        "helper_lead": helper_lead,
        "second_lead": second_lead,
        "delegation": delegation,
        "shift": shift,
        "office": office,
        "rule": add_major_rule(
            unit=world.unit_a, sign=MajorSign.KEYWORD, text="重大项目", actor=world.manager
        ),
    }
