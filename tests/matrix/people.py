"""People, responsible persons, accounts, applications, filings and explanations."""

from jiyue.core import audit, clock
from jiyue.core.models import PrivateFile
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Person
from jiyue.organizations.services.applications import apply_for_account
from jiyue.organizations.services.explanations import file_explanation
from jiyue.organizations.services.idle import disable_account
from jiyue.organizations.services.roles import assign_role, end_role
from tests.factories import World, make_account
from tests.matrix import GONE, Objects, Row, Things, everybody

ONLY_ADMINISTRATORS = everybody(403, platform_manager=200, account_manager=200)
ADMINISTRATORS_DO = everybody(403, platform_manager=302, account_manager=302)
OTHER_ADMINISTRATORS = everybody(403, platform_manager=404, account_manager=404)
ADMINISTRATORS_ALONE = everybody(404, platform_manager=302, account_manager=302)


def _reason(objects: Objects) -> dict[str, object]:
    return {"reason": "试"}


def _data(objects: Objects) -> dict[str, object]:
    return {"name": "改名", "employment": "permanent"}


def _new_person(objects: Objects) -> dict[str, object]:
    return _data(objects) | _new_role(objects)


def _new_role(objects: Objects) -> dict[str, object]:
    unit = objects.world.unit_a.pk
    return {"unit": unit, "role": "content_editor", "starts_on": clock.today().isoformat()}


def _dates(objects: Objects) -> dict[str, object]:
    return {"section": "股", "starts_on": objects.role.starts_on.isoformat(), "ends_on": ""}


def _end(objects: Objects) -> dict[str, object]:
    return {"ends_on": clock.today().isoformat(), "reason": "调离"}


def _ends(objects: Objects) -> dict[str, object]:
    return _end(objects) | {"id": [objects.role.pk]}


def _suspend(objects: Objects) -> dict[str, object]:
    return {"act": "suspend", "reason": "试"}


def _approve(objects: Objects) -> dict[str, object]:
    return {"decision": "approve", "opinion": ""}


def _apply(objects: Objects) -> dict[str, object]:
    return {"person": objects.person.pk, "login_name": "xin-ming", "roles": ["content_editor"], "need": "编"}


def _unit_a(objects: Objects) -> str:
    return f"?unit={objects.world.unit_a.pk}"


ROWS = (
    Row("people_list", everybody(200)),
    Row("people_register", everybody(200)),
    Row("people_posts", ONLY_ADMINISTRATORS),
    Row("people_export", ONLY_ADMINISTRATORS),
    Row("people_import", ONLY_ADMINISTRATORS),
    Row("people_import", ONLY_ADMINISTRATORS, method="post"),
    Row("person_create", ONLY_ADMINISTRATORS),
    # a forged unit is no choice of the form: it comes back
    Row("person_create", ADMINISTRATORS_DO, ONLY_ADMINISTRATORS, method="post", data=_new_person),
    Row("person_detail", everybody(200), GONE, ("person",)),
    Row("person_edit", ONLY_ADMINISTRATORS, OTHER_ADMINISTRATORS, ("person",)),
    Row("person_edit", ADMINISTRATORS_DO, OTHER_ADMINISTRATORS, ("person",), "post", _data),
    Row("role_assign", ONLY_ADMINISTRATORS, OTHER_ADMINISTRATORS, ("person",)),
    Row("role_assign", ADMINISTRATORS_DO, OTHER_ADMINISTRATORS, ("person",), "post", _new_role),
    Row("role_edit", ONLY_ADMINISTRATORS, OTHER_ADMINISTRATORS, ("role",)),
    Row("role_edit", ADMINISTRATORS_DO, OTHER_ADMINISTRATORS, ("role",), "post", _dates),
    Row("role_end", ONLY_ADMINISTRATORS, OTHER_ADMINISTRATORS, ("role",)),
    Row("role_end", ADMINISTRATORS_DO, OTHER_ADMINISTRATORS, ("role",), "post", _end),
    Row("roles_end", ONLY_ADMINISTRATORS),
    # roles of other units don't exist: nothing is chosen then
    Row("roles_end", ADMINISTRATORS_DO, ONLY_ADMINISTRATORS, method="post", data=_ends),
    Row("account_list", everybody(200)),
    Row("account_detail", everybody(200), GONE, ("personal",)),
    Row("account_status", everybody(302), keys=("personal",)),
    Row("account_status", ADMINISTRATORS_ALONE, GONE, ("personal",), "post", _suspend),
    Row("account_explain", everybody(200), GONE, ("unused",)),
    Row("account_explain", everybody(200), GONE, ("unused",), "post", _reason),
    Row("application_list", everybody(200)),
    Row("application_create", everybody(200)),
    Row("application_create", everybody(200), GONE, query=_unit_a),
    # without the letter that the rules ask for the form comes back
    Row("application_create", everybody(200), GONE, method="post", data=_apply, query=_unit_a),
    Row("application_detail", everybody(200), GONE, ("application",)),
    Row(
        "application_detail",
        everybody(200, platform_manager=302),
        GONE,
        ("application",),
        "post",
        _approve,
    ),
    Row("explanation_list", everybody(200)),
    Row("explanation_detail", everybody(200), GONE, ("explanation",)),
    Row(
        "explanation_detail",
        everybody(200, platform_manager=302, account_manager=302),
        GONE,
        ("explanation",),
        "post",
        _approve,
    ),
    Row("filing_list", everybody(200)),
    Row("filing_detail", everybody(200), GONE, ("filing",)),
    Row(
        "filing_detail",
        everybody(200, platform_manager=302, account_manager=302),
        GONE,
        ("filing",),
        "post",
        _reason,
    ),
)


def _letter(world: World, purpose: str) -> PrivateFile:
    return PrivateFile.objects.create(
        purpose=purpose,
        unit_id=world.unit_a.pk,
        original_name="信.pdf",
        content_type="application/pdf",
        size_bytes=1,
        sm3="0" * 64,
        stored_at=clock.now(),
    )


def make_things(world: World) -> Things:
    """One object of every sort, all of unit A."""
    person = Person.objects.create(name="登记人")
    give = {"unit": world.unit_a, "starts_on": clock.today(), "actor": audit.PLATFORM}
    role = assign_role(person=person, role=StaffRole.QUALITY_MANAGER, **give)
    leaver = make_account("li-ren", world.unit_a, StaffRole.MAILBOX_HANDLER, name="离任")
    filing = end_role(
        role=leaver.person.roles.get(), ends_on=clock.today(), reason="调离", actor=audit.PLATFORM
    )
    unused = [
        make_account(name, world.unit_a, StaffRole.CONTENT_EDITOR, name=name) for name in ("xian-1", "xian-2")
    ]
    for account in unused:
        disable_account(account=account, reason="长期不用", actor=audit.PLATFORM)
    application = apply_for_account(
        person=person,
        unit=world.unit_a,
        login_name="dengji-ren",
        roles=["content_editor"],
        need="编辑",
        letter=_letter(world, "account.application_letter"),
        actor=world.author.audit_actor(),
    )
    explanation = file_explanation(
        account=unused[1],
        letter=_letter(world, "account.idle_explanation"),
        commitment="今后每周登录",
        actor=world.author.audit_actor(),
    )
    return {
        "person": person,
        "role": role,
        "personal": make_account("ge-ren", world.unit_a, StaffRole.CONTENT_EDITOR, name="个人"),
        "unused": unused[0],
        "application": application,
        "explanation": explanation,
        "filing": filing,
    }
