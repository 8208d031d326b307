"""The wall between the public process and drafts: the database's own."""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from jiyue.core import crypto, inbox
from jiyue.core.grants import front_grants
from jiyue.core.models import InboxSubmission
from tests.factories import World
from tests.plumbing.processes import run_checked

# What the public process could try, run with its own settings and its own role.
ATTEMPTS = """
import json, uuid
import django
django.setup()
from django.apps import apps
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from jiyue.core import inbox

def attempt(statement):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except ProgrammingError as error:
        return error.__cause__.sqlstate
    return "allowed"

number = uuid.uuid4()
send = lambda: inbox.store(submission_id=number, topic="correction", site_key="shi", fields={"text": "x"})
first, second = send(), send()
outcomes = {}
for model in apps.get_models():
    table = model._meta.db_table
    outcomes[f"select {table}"] = attempt(f'SELECT 1 FROM "{table}"')
    outcomes[f"update {table}"] = attempt(f'UPDATE "{table}" SET "{model._meta.pk.column}" = NULL')
    outcomes[f"delete {table}"] = attempt(f'DELETE FROM "{table}"')
    if table != "core_inboxsubmission":
        outcomes[f"insert {table}"] = attempt(f'INSERT INTO "{table}" DEFAULT VALUES')
outcomes["create table"] = attempt("CREATE TABLE planted (id int)")
outcomes["temporary table"] = attempt("CREATE TEMPORARY TABLE planted (id int)")
outcomes["truncate"] = attempt("TRUNCATE core_inboxsubmission")
outcomes["own submission"] = attempt(f"SELECT sealed FROM core_inboxsubmission WHERE id = '{number}'")
outcomes["returning"] = attempt(
    "INSERT INTO core_inboxsubmission (id, topic, site_key, sealed, code_hash, received_at, failure)"
    f" VALUES ('{uuid.uuid4()}', 'x', 'x', '', '', now(), '') RETURNING sealed"
)
print(json.dumps({"id": str(number), "code": first, "again": second, "outcomes": outcomes}))
"""
DENIED = "42501"  # insufficient_privilege


@pytest.fixture
def role(transactional_db: None) -> Iterator[str]:
    """Create the front's role with exactly the printed grants and a password."""
    name, password = f"jiyue_front_{secrets.token_hex(4)}", secrets.token_hex(8)
    with connection.cursor() as cursor:
        for _ in range(2):  # running the statements again changes nothing
            for statement in front_grants(database=str(connection.settings_dict["NAME"]), role=name):
                cursor.execute(statement)
        cursor.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(password))
        )
    yield f"{name}:{password}"
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(
                sql.Identifier(str(connection.settings_dict["NAME"])), sql.Identifier(name)
            )
        )
        cursor.execute(sql.SQL("REVOKE ALL ON SCHEMA public FROM {}").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("REVOKE ALL ON core_inboxsubmission FROM {}").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def run_as_front(role: str, keys: Path) -> dict[str, object]:
    """Run the attempts in a process of its own, as the front runs."""
    here = connection.settings_dict
    url = f"postgresql://{role}@{here['HOST']}:{here['PORT']}/{quote(str(here['NAME']))}"
    said = run_checked(
        [sys.executable, "-c", ATTEMPTS],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "jiyue.config.settings.front",
            "JIYUE_FRONT_SECRET_KEY": "only-for-tests",
            "JIYUE_FRONT_DATABASE_URL": url,
            "JIYUE_KEY_DIR": str(keys),
        },
    )
    result: dict[str, object] = json.loads(said)
    return result


@pytest.mark.postgres
def test_front_role_can_insert_submissions_and_nothing_else(role: str, tmp_path: Path, settings) -> None:
    """Drafts, editions, reviews, accounts, audit: nothing can be read, changed or removed."""
    settings.JIYUE_KEY_DIR = tmp_path
    keys = crypto.create_key_pair(inbox.KEY_NAME)
    (tmp_path / "inbox.key").rename(tmp_path / "elsewhere")  # the front has the public half only
    World().draft()
    result = run_as_front(role, tmp_path)
    outcomes = result["outcomes"]
    assert isinstance(outcomes, dict)
    assert {table for table, outcome in outcomes.items() if outcome != DENIED} == set()
    for table in ("library_resource", "library_resourcerevision", "review_reviewcase", "core_auditentry"):
        assert outcomes[f"select {table}"] == DENIED
    row = InboxSubmission.objects.get(pk=str(result["id"]))
    assert json.loads(keys.open(bytes(row.sealed))) == {"text": "x"}
    assert crypto.sm3_hex(str(result["code"]).encode()) == row.code_hash
    assert result["again"] is None
    tables = {model._meta.db_table for model in apps.get_models()}
    assert "library_resource" in tables


@pytest.mark.postgres
@pytest.mark.django_db
def test_command_prints_statements_for_psql() -> None:
    out = StringIO()
    call_command("grants", stdout=out)
    lines = out.getvalue().splitlines()
    assert all(line.endswith(";") for line in lines)
    grants = [line for line in lines if line.startswith("GRANT")]
    assert len(grants) == 3
    assert grants[-1] == 'GRANT INSERT ON "public"."core_inboxsubmission" TO "jiyue_front";'


def test_names_are_quoted() -> None:
    text = "\n".join(front_grants(database='a"; DROP', role="x'y"))
    assert '"a""; DROP"' in text
    assert "'x''y'" in text


def test_command_says_that_sqlite_has_no_roles() -> None:
    if connection.vendor == "postgresql":
        pytest.skip("the test database is PostgreSQL")
    with pytest.raises(CommandError):
        call_command("grants")
