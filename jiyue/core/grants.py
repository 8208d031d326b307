"""What the public process may do in PostgreSQL: insert a submission, nothing else (SEC-05).

SQLite has no such wall: there the inbox is a file of its own, and the public
process is told of no other.
"""

from psycopg import sql

from jiyue.core.models import InboxSubmission

FRONT_ROLE = "jiyue_front"
SCHEMA = "public"

# Tables give nothing to others by themselves; the revocations take back what an
# older installation or a careless hand has given.
_STATEMENTS = (
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role_text}) "
    "THEN CREATE ROLE {role} LOGIN NOINHERIT; END IF; END $$",
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {role}",
    "REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM PUBLIC, {role}",
    "REVOKE ALL ON ALL ROUTINES IN SCHEMA {schema} FROM PUBLIC, {role}",
    "REVOKE ALL ON SCHEMA {schema} FROM PUBLIC, {role}",
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role}",
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT INSERT ON {schema}.{inbox} TO {role}",
)


def front_grants(*, database: str, role: str = FRONT_ROLE) -> list[str]:
    """Return the statements that give the front's role its one right.

    To be run by the owner of the tables, who needs CREATEROLE if the role is to
    be created. The role has no password yet. Running them again changes nothing.

    Args:
        database: Name of the platform's database.
        role: Name of the front's role.
    """
    names = {
        "role": sql.Identifier(role),
        "role_text": sql.Literal(role),
        "schema": sql.Identifier(SCHEMA),
        "database": sql.Identifier(database),
        "inbox": sql.Identifier(InboxSubmission._meta.db_table),
    }
    return [sql.SQL(text).format(**names).as_string() for text in _STATEMENTS]
