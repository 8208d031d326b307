"""Sessions, unusual sign-ins, safe networks, terminals and linked identities."""

from datetime import date

from jiyue.core import clock
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.sign_ins.addresses import place_of
from jiyue.organizations.sign_ins.models import ExternalIdentity, SignInFlag, Terminal
from jiyue.organizations.sign_ins.origins import Origin
from jiyue.organizations.sign_ins.services import begin_session
from tests.factories import World, make_account
from tests.matrix import GONE, Objects, Row, Things, everybody

ADMINISTER = everybody(403, platform_manager=200, account_manager=200)
LEAD_BACK = everybody(403, platform_manager=302, account_manager=302)
FOREIGN = everybody(403, platform_manager=404, account_manager=404)


def _review(objects: Objects) -> dict[str, object]:
    return {"result": "legitimate", "note": "本人出差"}


def _rule(objects: Objects) -> dict[str, object]:
    return {"networks": "127.0.0.0/8", "reason": "安全要求"}


def _terminal(objects: Objects) -> dict[str, object]:
    return {
        "unit": objects.world.unit_a.pk,
        "name": "二号机",
        "asset_number": "ZC-9",
        "address": "10.9.9.9",
        "custodian": objects.world.author.person_id,
    }


def _check(objects: Objects) -> dict[str, object]:
    return {
        "check-kind": "both",
        "check-checked_on": "2026-01-05",
        "check-checked_by": "王工",
        "check-tool": "杀毒软件",
        "check-result": "passed",
    }


ROWS = (
    Row("session_own", everybody(200)),
    Row("session_own_end", everybody(302)),
    Row("session_own_end", everybody(302), method="post"),
    Row("identity_link", everybody(404), keys=("provider",)),
    Row("identity_confirm", everybody(302)),
    Row("identity_confirm", everybody(302), method="post"),
    Row("identity_unlink", everybody(302), keys=("identity",)),
    Row(
        "identity_unlink",
        everybody(404, platform_manager=302, account_manager=302),
        GONE,
        ("identity",),
        "post",
    ),
    Row("unified_start", everybody(404), keys=("provider",), outside=(404, 404)),
    Row("unified_return", everybody(302)),
    Row("session_list", ADMINISTER),
    Row("account_sessions_end", LEAD_BACK, keys=("account",)),
    Row("account_sessions_end", LEAD_BACK, FOREIGN, ("account",), "post"),
    Row("account_identities", ADMINISTER, FOREIGN, ("account",)),
    Row("account_identities", ADMINISTER, FOREIGN, ("account",), "post"),
    Row("flag_list", ADMINISTER),
    Row("flag_detail", ADMINISTER, FOREIGN, ("flag",)),
    Row("flag_detail", LEAD_BACK, FOREIGN, ("flag",), "post", _review),
    Row("flag_act", LEAD_BACK, FOREIGN, ("flag",)),
    Row("flag_act", LEAD_BACK, FOREIGN, ("flag",), "post", lambda objects: {"act": "end"}),
    Row("network_list", ADMINISTER),
    Row("network_edit", ADMINISTER, FOREIGN, ("unit",)),
    Row("network_edit", LEAD_BACK, FOREIGN, ("unit",), "post", _rule),
    Row("terminal_list", ADMINISTER),
    Row("terminal_create", ADMINISTER),
    Row("terminal_create", LEAD_BACK, ADMINISTER, method="post", data=_terminal),
    Row("terminal_detail", ADMINISTER, FOREIGN, ("terminal",)),
    Row("terminal_edit", ADMINISTER, FOREIGN, ("terminal",)),
    Row("terminal_edit", LEAD_BACK, FOREIGN, ("terminal",), "post", _terminal),
    Row("terminal_check", LEAD_BACK, FOREIGN, ("terminal",)),
    Row("terminal_check", LEAD_BACK, FOREIGN, ("terminal",), "post", _check),
    Row("terminal_status", LEAD_BACK, FOREIGN, ("terminal",)),
    Row(
        "terminal_status",
        LEAD_BACK,
        FOREIGN,
        ("terminal",),
        "post",
        lambda objects: {"status-status": "blocked", "status-reason": "丢失"},
    ),
)


def _origin(device: str) -> Origin:
    return Origin("10.9.9.7", place_of("10.9.9.7"), device, "Firefox / UOS")


def make_things(world: World) -> Things:
    """One object of every sort, all of unit A."""
    clerk = make_account("cai", world.unit_a, StaffRole.ENTRY_CLERK, name="采")
    begin_session(account=clerk, origin=_origin("d1"), key_hash="k1")
    begin_session(account=clerk, origin=_origin("d2"), key_hash="k2")
    terminal = Terminal.objects.create(
        unit=world.unit_a,
        name="一号机",
        asset_number="ZC-1",
        custodian=world.author.person,
        address="10.9.9.8",
        registered_on=date(2026, 1, 1),
    )
    identity = ExternalIdentity.objects.create(
        user=clerk,
        name="政务统一认证",
        issuer="https://idp.example",
        subject="s1",
        linked_by=clerk,
        linked_at=clock.now(),
    )
    return {
        "provider": "none",
        "account": clerk,
        "flag": SignInFlag.objects.order_by("id")[0],
        "unit": world.unit_a,
        "terminal": terminal,
        "identity": identity,
    }
