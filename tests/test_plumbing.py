"""The test plumbing keeps its own promises."""

import os
import socket
import sqlite3
from contextlib import closing

import pytest
import pytest_socket
from django.contrib.auth.models import Group
from django.db import connection, connections

from tests.plumbing.database import fingerprint, migration_files
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
