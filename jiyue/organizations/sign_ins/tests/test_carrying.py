from datetime import date

from jiyue.core import audit
from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.sign_ins.models import SignInFlag, Terminal
from tests.factories import World


def _terminal(world: World, unit, number: str, address: str) -> Terminal:
    return Terminal.objects.create(
        unit=unit,
        name="采编机",
        asset_number=number,
        custodian=world.author.person,
        address=address,
        registered_on=date(2026, 1, 5),
    )


def _handover(world: World) -> Handover:
    return Handover(
        predecessor=world.unit_a,
        successor=world.unit_b,
        day=date(2026, 12, 1),
        actor=audit.PLATFORM,
        persons={},
    )


def test_terminals_join_the_register_of_the_successor_without_doubles(world: World):
    _terminal(world, world.unit_b, "ZC-1", "10.20.3.1")
    same_number = _terminal(world, world.unit_a, "ZC-1", "10.20.3.2")
    same_address = _terminal(world, world.unit_a, "ZC-2", "10.20.3.1")
    carrier = CARRIERS.get("sign_ins.terminals")
    assert carrier.count(world.unit_a) == 2
    assert carrier.carry(_handover(world)) == 2
    assert carrier.count(world.unit_a) == 0
    same_number.refresh_from_db()
    same_address.refresh_from_db()
    assert (same_number.unit, same_number.asset_number) == (world.unit_b, f"ZC-1/{world.unit_a.code}")
    assert same_address.status == "retired"


def test_flags_follow_their_person(world: World, begin):
    begin(world.author)
    begin(world.author, device="d2")
    carrier = CARRIERS.get("sign_ins.flags")
    flags = SignInFlag.objects.count()
    assert carrier.count(world.unit_a) == flags > 0
    assert carrier.carry(_handover(world)) == flags
    assert not SignInFlag.objects.filter(unit=world.unit_a).exists()
