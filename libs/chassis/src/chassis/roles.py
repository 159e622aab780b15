"""The second wall: a process refuses to start where its database role could reach more than it may."""

from chassis.database import Database, DoorName
from chassis.settings import StartRefused

_ROLE = """
SELECT current_user AS name, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb
FROM pg_roles WHERE rolname = current_user
"""
_OWNED = """
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE pg_has_role(current_user, c.relowner, 'MEMBER') AND n.nspname <> 'pg_toast' AND n.nspname !~ '^pg_temp'
ORDER BY 1 LIMIT 5
"""
_FOREIGN = """
SELECT nspname AS name FROM pg_namespace
WHERE nspname <> $1 AND nspname <> 'information_schema' AND nspname !~ '^pg_'
  AND (has_schema_privilege(current_user, oid, 'CREATE')
       OR (has_schema_privilege(current_user, oid, 'USAGE') AND EXISTS (
            SELECT FROM pg_class c WHERE c.relnamespace = pg_namespace.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
              AND has_table_privilege(current_user, c.oid, 'SELECT, INSERT, UPDATE, DELETE'))))
ORDER BY 1 LIMIT 5
"""
_UNPROTECTED = """
SELECT c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
  AND has_table_privilege(current_user, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
ORDER BY 1 LIMIT 5
"""


async def verify_roles(database: Database, door: DoorName) -> None:
    """Raises StartRefused unless the pool's role is `<service>_<door>` and can do no more than that door needs.

    It must be no superuser, bypass no row-level security, own nothing, reach no other service's tables, and find
    row-level security forced on each table with an `org_id` that it can touch.
    """
    service = database.service
    async with database.pool.connection() as connection:
        role = await connection.fetchrow(_ROLE)
        owned = [row["name"] for row in await connection.fetch(_OWNED)]
        foreign = [row["name"] for row in await connection.fetch(_FOREIGN, service)]
        unprotected = [row["name"] for row in await connection.fetch(_UNPROTECTED, service)]
        migrated = await connection.fetchval("SELECT to_regclass(format('%I.outbox', $1::text)) IS NOT NULL", service)
    if role is None:
        raise StartRefused(f"{door} database role: the server does not say who is connected")
    name, expected = role["name"], f"{service}_{door}"
    complaints = {
        f"is not {expected}": name != expected,
        "is a superuser": role["rolsuper"],
        "bypasses row-level security": role["rolbypassrls"],
        "may create roles or databases": role["rolcreaterole"] or role["rolcreatedb"],
        f"owns {', '.join(owned)}": bool(owned),
        f"can reach another schema: {', '.join(foreign)}": bool(foreign),
        f"touches tables whose row-level security is not forced: {', '.join(unprotected)}": bool(unprotected),
        f"finds no tables in schema {service}: run `migrate` first": not migrated,
    }
    wrong = [complaint for complaint, holds in complaints.items() if holds]
    if wrong:
        raise StartRefused(f"the database role {name} of the {door} door {'; '.join(wrong)}")
