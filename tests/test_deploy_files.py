"""Units and log rotation as shipped: nobody runs as root, logs are kept long enough, commands exist."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from jiyue.front.server import serve_command
from tests.plumbing.services import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
WALLS = ("NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "CapabilityBoundingSet=\n")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_unit_runs_behind_walls_as_a_user_of_its_own(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    user = re.search(r"^User=(.+)$", text, re.MULTILINE)
    assert user is not None
    assert user[1] != "root"
    for line in WALLS:
        assert line in text
    command = re.search(r"^ExecStart=/opt/jiyue/(\S+)", text, re.MULTILINE)
    assert command is not None
    assert command[1] in ("bin/jiyue", "bin/granian", "deploy/push")


def test_only_inner_units_know_the_inner_settings() -> None:
    inner = {unit.name for unit in UNITS if "settings.backoffice" in unit.read_text(encoding="utf-8")}
    assert inner == {"jiyue-backoffice.service", "jiyue-worker@.service", "jiyue-watch.service"}


def test_public_unit_starts_what_the_code_starts() -> None:
    text = (ROOT / "deploy" / "systemd" / "jiyue-front@.service").read_text(encoding="utf-8")
    line = re.search(r"^ExecStart=(.+)$", text, re.MULTILINE)
    assert line is not None
    shipped = set(shlex.split(line[1].replace("%i", "8200"))[1:])
    assert shipped == set(serve_command(port=8200)[1:])


def test_access_logs_are_kept_for_six_months() -> None:
    text = (ROOT / "deploy" / "logrotate" / "jiyue").read_text(encoding="utf-8")
    kept = [int(number) for number in re.findall(r"^\s+(?:rotate|maxage) (\d+)$", text, re.MULTILINE)]
    assert len(kept) == 2
    assert min(kept) >= 184
    assert re.search(r"^\s+daily$", text, re.MULTILINE)


def test_push_is_a_script_that_bash_accepts() -> None:
    done = subprocess.run(["bash", "-n", str(ROOT / "deploy" / "push")], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
