"""Schema and roles of one service, made by an administrator before its first migration.

Usage: python -m chassis.provision SERVICE, with DATABASE_ADMIN_URL and the service's three DATABASE_…_URLs.
"""

import asyncio
import re
import sys
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import asyncpg
from pydantic import Field, SecretStr

from chassis.settings import DatabaseSettings, ServiceSettings, StartRefused, load

DOORS = ("api", "worker")
ROLES = ("owner", *DOORS)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


class ProvisionSettings(ServiceSettings, DatabaseSettings):
    """All that `python -m chassis.provision` needs: the roles get the passwords that the service's own URLs hold."""

    database_admin_url: SecretStr = Field(description="Who may create schemas and roles, in the service's database.")
    database_owner_url: SecretStr = Field(description="Role that owns the schema.")


async def provision(admin_url: str, *, service: str, passwords: Mapping[str, str]) -> None:
    """Make the schema `service` and the roles `<service>_owner`, `_api` and `_worker`, or bring them up to date.

    `passwords` has one for each of "owner", "api" and "worker". Running it again changes nothing but the passwords. It
    may run for several services of one database at the same time.
    """
    if not _NAME.fullmatch(service):
        raise ValueError(f"{service!r} cannot name a schema")
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('chassis.provision'))")
            for role in ROLES:
                await _login_role(connection, f"{service}_{role}", passwords[role])
            await connection.execute(_database_rules(await connection.fetchval("SELECT current_database()"), service))
            await connection.execute(_schema_rules(service))
    finally:
        await connection.close()


async def _login_role(connection: "asyncpg.Connection[asyncpg.Record]", name: str, password: str) -> None:
    if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name):
        await connection.execute(f'CREATE ROLE "{name}"')
    literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(
        f'ALTER ROLE "{name}" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT '
        f"PASSWORD {literal}"
    )


def _database_rules(database: str, service: str) -> str:
    """Nobody connects by default, and nobody puts anything into `public`."""
    quoted = '"' + database.replace('"', '""') + '"'
    everyone = ", ".join(f"{service}_{role}" for role in ROLES)
    settings = "".join(
        f"ALTER ROLE {service}_{role} IN DATABASE {quoted} SET search_path = {service};\n" for role in ROLES
    )
    return f"""
        REVOKE ALL ON DATABASE {quoted} FROM PUBLIC;
        GRANT CONNECT ON DATABASE {quoted} TO {everyone};
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        {settings}
    """


def _schema_rules(service: str) -> str:
    """The owner creates; api and worker use what it creates, unless a migration takes a right away."""
    doors = ", ".join(f"{service}_{role}" for role in DOORS)
    defaults = f"ALTER DEFAULT PRIVILEGES FOR ROLE {service}_owner"
    return f"""
        CREATE SCHEMA IF NOT EXISTS {service};
        ALTER SCHEMA {service} OWNER TO {service}_owner;
        REVOKE ALL ON SCHEMA {service} FROM PUBLIC;
        GRANT USAGE ON SCHEMA {service} TO {doors};
        {defaults} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
        {defaults} IN SCHEMA {service} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {doors};
        {defaults} IN SCHEMA {service} GRANT USAGE, SELECT ON SEQUENCES TO {doors};
        {defaults} IN SCHEMA {service} GRANT EXECUTE ON FUNCTIONS TO {doors};
    """


def passwords_of(settings: ProvisionSettings) -> dict[str, str]:
    """What each role's URL says its password is. Raises StartRefused for a URL without one."""
    passwords = {}
    for role in ROLES:
        url: SecretStr = getattr(settings, f"database_{role}_url")
        password = urlsplit(url.get_secret_value()).password
        if not password:
            raise StartRefused(f"DATABASE_{role.upper()}_URL holds no password")
        passwords[role] = unquote(password)
    return passwords


def main(service: str) -> None:
    """From the command line; exit code 78 with a sentence where a setting is missing."""
    try:
        settings = load(ProvisionSettings)
        passwords = passwords_of(settings)
    except StartRefused as refusal:
        sys.stderr.write(f"{service}: not provisioned: {refusal}\n")
        sys.exit(78)
    asyncio.run(provision(settings.database_admin_url.get_secret_value(), service=service, passwords=passwords))


if __name__ == "__main__":
    main(sys.argv[1])
