"""The demonstration's second factor: for its accounts only, and nowhere else."""

import pytest
from django.core.management import CommandError, call_command

from jiyue.core import audit
from jiyue.organizations.credentials import second_factor
from tests.factories import World

pytestmark = pytest.mark.django_db


def test_code_is_refused_outside_the_demonstration(world: World, settings: object) -> None:
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    settings.JIYUE_DEMO = False  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="演示城市"):
        call_command("demo-code", "jia")


def test_code_signs_the_account_in(
    world: World, settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.JIYUE_DEMO = True  # type: ignore[attr-defined]
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    call_command("demo-code", "jia")
    code = capsys.readouterr().out.strip()
    assert second_factor.verify(world.author, code)
    for stranger in ("nobody", world.lead.login_name):
        with pytest.raises(CommandError, match="没有"):
            call_command("demo-code", stranger)
