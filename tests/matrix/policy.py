"""Rules in force, policy profiles, and the board of two-person changes."""

from jiyue.core import clock
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.services.profile_values import propose_value
from jiyue.organizations.services.profiles import found_profile
from tests.factories import World, make_account
from tests.matrix import GONE, Objects, Row, Things, everybody

ONLY_MANAGER = everybody(403, platform_manager=200)
PROPOSED = everybody(403, platform_manager=302)
# Whoever decides on a local profile of unit A: its platform managers and inspectors.
DECIDERS = everybody(404, platform_manager=200, inspector=200)


def _of_unit_a(objects: Objects) -> str:
    return f"?unit={objects.world.unit_a.pk}"


def _value_form(objects: Objects) -> dict[str, object]:
    return {
        "profile": "city-a",
        "value": 5,
        "unit": "working_days",
        "clause": "市政府令",
        "effective_on": clock.today().isoformat(),
        "reason": "试",
    }


def _assignment_form(objects: Objects) -> dict[str, object]:
    return {
        "profile": "NT",
        "is_strictest": "",
        "effective_on": clock.today().isoformat(),
        "reason": "试",
    }


def _profile_form(objects: Objects) -> dict[str, object]:
    return {"unit": objects.world.unit_a.pk, "code": "city-new", "name": "新规则", "parent": "GL"}


def _decision(objects: Objects) -> dict[str, object]:
    return {"decision": "refuse", "opinion": "试", "seen_digest": objects.change.digest}


ROWS = (
    Row("rule_list", everybody(200)),
    Row("rule_list", everybody(200), GONE, query=_of_unit_a),
    Row("rule_detail", everybody(200), keys=("key",)),
    Row("rule_detail", everybody(200), GONE, ("key",), query=_of_unit_a),
    Row("rule_detail", everybody(404), keys=("no_key",)),
    # The other unit's manager may propose for own profiles only: the choice is refused in the form.
    Row("rule_detail", PROPOSED, everybody(403, platform_manager=200), ("key",), "post", _value_form),
    Row(
        "rule_detail",
        PROPOSED,
        everybody(403, platform_manager=404),
        ("key",),
        "post",
        _value_form,
        query=_of_unit_a,
    ),
    Row("profile_list", everybody(200)),
    Row("profile_detail", everybody(200), keys=("shipped",)),
    Row("profile_detail", everybody(200), GONE, ("local",)),
    Row("profile_create", ONLY_MANAGER),
    Row("profile_create", PROPOSED, ONLY_MANAGER, method="post", data=_profile_form),
    Row("profile_assign", ONLY_MANAGER),
    Row("profile_assign", ONLY_MANAGER, everybody(403, platform_manager=404), query=_of_unit_a),
    Row("profile_assign", PROPOSED, method="post", data=_assignment_form),
    Row(
        "profile_assign",
        PROPOSED,
        everybody(403, platform_manager=404),
        method="post",
        data=_assignment_form,
        query=_of_unit_a,
    ),
    Row("change_list", everybody(200)),
    Row("change_detail", DECIDERS, GONE, ("change",)),
    Row("change_decide", everybody(302), keys=("change",)),
    Row(
        "change_decide",
        everybody(404, platform_manager=302, inspector=302),
        GONE,
        ("change",),
        "post",
        _decision,
    ),
    Row("change_withdraw", everybody(302), keys=("change",)),
    # Who may see the change but didn't propose it is led back to it with the refusal.
    Row(
        "change_withdraw",
        everybody(404, platform_manager=302, inspector=302),
        GONE,
        ("change",),
        "post",
    ),
)


def make_things(world: World) -> Things:
    """A local profile of unit A with a change of one value that waits."""
    proposer = make_account("policy-proposer", world.unit_a, StaffRole.PLATFORM_MANAGER).audit_actor()
    profile = found_profile(unit=world.unit_a, code="city-a", name="市级规则", parent="NT", actor=proposer)
    change = propose_value(
        profile=profile,
        key="message.reply",
        value=5,
        unit="working_days",
        clause="市政府令",
        effective_on=clock.today(),
        reason="提高效率",
        actor=proposer,
    )
    return {
        "key": "correction.reply",
        "no_key": "no.such",
        "shipped": "NT",
        "local": "city-a",
        "change": change,
    }
