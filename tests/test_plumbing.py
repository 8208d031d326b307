"""The test plumbing keeps its own promises."""

import os
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
import pytest_socket
from django.contrib.auth.models import Group
from django.db import connection, connections

from tests.plumbing.database import fingerprint, migration_files
from tests.plumbing.ports import free_port
from tests.plumbing.processes import TookTooLong, at_once, limited, run
from tests.plumbing.services import SERVICES, find_service, require_service


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", ["first", "second"])
def test_transactional_test_starts_from_the_migrated_state(attempt):
    assert not Group.objects.filter(name="left over").exists()
    Group.objects.create(name="left over")


@pytest.mark.django_db(transaction=True)
def test_restored_database_is_the_one_that_new_connections_open():
    name = connection.settings_dict["NAME"]
    connections.close_all()
    Group.objects.create(name="seen from outside")
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(name)) as other:
            rows = other.execute("SELECT name FROM auth_group WHERE name LIKE 'seen%'").fetchall()
            assert rows == [("seen from outside",)]
    else:
        assert name.startswith("jiyue_test_")


@pytest.mark.unit
def test_template_depends_on_every_migration_and_what_it_imports():
    files = {path.name for path in migration_files()}
    assert "0001_initial.py" in files
    assert "triggers.py" in files
    assert fingerprint() == fingerprint()


@pytest.mark.unit
@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_network_outside_this_machine_is_blocked():
    with pytest.raises(pytest_socket.SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


@pytest.mark.unit
def test_absent_service_skips_locally_and_fails_in_ci(monkeypatch):
    monkeypatch.setattr("tests.plumbing.services.find_service", lambda name: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="nginx is absent"):
        require_service("nginx")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="nginx is absent"):
        require_service("nginx")


@pytest.mark.unit
@pytest.mark.skipif(os.environ.get("CI") != "true", reason="only CI promises every server")
@pytest.mark.parametrize("name", SERVICES)
def test_ci_has_every_service(name):
    assert find_service(name), f"{name} is absent; .ci/run starts it through `make services`"


def is_alive(status: Path) -> bool:
    """Tell by its file of states; a dead process nobody has asked for yet still has one."""
    try:
        return status.read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.unit
def test_a_script_at_its_limit_ends_with_everything_it_started(tmp_path):
    script = f"sleep 600 & echo $! > {tmp_path / 'child'}; echo begun; wait"
    said = ""
    for seconds in (1, 10, 100):  # a busy machine may end it before it has begun
        if "begun" not in said:
            with pytest.raises(TookTooLong) as late:
                run(["bash", "-c", script], seconds=seconds)
            said = str(late.value)
    assert "begun" in said
    child = Path("/proc") / (tmp_path / "child").read_text().strip() / "stat"
    deadline = time.monotonic() + 60
    while is_alive(child):
        assert time.monotonic() < deadline, "the child outlived the script"
        time.sleep(0.01)


@pytest.mark.unit
def test_a_script_that_leaves_somebody_behind_holds_nobody_up():
    assert run(["bash", "-c", "sleep 2 & echo done"], seconds=60).stdout == "done\n"


@pytest.mark.unit
def test_a_program_that_answers_nothing_fails_with_what_it_was_asked():
    silent = subprocess.Popen(["sleep", "600"], stdout=subprocess.PIPE, text=True)
    with pytest.raises(TookTooLong, match="the time of day"), limited(silent, "the time of day", seconds=0.1):
        silent.stdout.readline()
    assert silent.wait(60) < 0
    silent.stdout.close()


@pytest.mark.unit
def test_tasks_at_once_give_their_results_in_order_and_are_not_waited_for_without_end():
    assert at_once(lambda: 1, lambda: 2) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        at_once(lambda: 1, lambda: 1 // 0)
    never = threading.Event()
    with pytest.raises(TookTooLong, match="goes on"):
        at_once(lambda: never.wait(600), seconds=0.1)
    never.set()


@pytest.mark.unit
def test_every_port_is_given_once():
    ports = [free_port() for _ in range(20)]
    assert len(set(ports)) == 20
    assert max(ports) < 32_768
