"""The import contracts hold, and each of them breaks when its violation is planted: a rule that cannot fail is none."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {path.name: path for path in [*ROOT.glob("libs/*/src/*"), *ROOT.glob("services/*/src/*")] if path.is_dir()}

VIOLATIONS = {
    "contracts-are-data": ("contracts/ids.py", "import asyncpg"),
    "chassis-knows-no-service": ("chassis/clock.py", "import teams.settings"),
    "rooms-do-not-open-into-each-other": ("notifier/settings.py", "import teams.settings"),
    "only-the-chassis-speaks-amqp": ("gateway/settings.py", "import aio_pika"),
    "domain-is-pure": ("teams/domain/people.py", "import asyncpg"),
    "one-direction-teams": ("teams/storage/users.py", "import teams.usecases.register"),
    "one-direction-notifier": ("notifier/domain.py", "import notifier.storage.notifications"),
    "one-direction-analytics": ("analytics/storage/rollups.py", "import analytics.usecases.rebuild"),
    "one-direction-billing": ("billing/storage/accounts.py", "import billing.usecases.intend"),
    "use-cases-never-see-http-or-the-relay": ("teams/usecases/register.py", "import chassis.relay"),
    "smtp-has-one-importer": ("notifier/jobs.py", "import aiosmtplib"),
    "stripe-has-one-importer": ("billing/jobs.py", "import stripe"),
    "one-direction-admin": ("admin/storage/audit.py", "import admin.usecases.record"),
    "dns-has-one-importer": ("teams/jobs.py", "import dns"),
    "files-have-one-importer": ("teams/jobs.py", "import obstore"),
    "pictures-have-one-importer": ("teams/jobs.py", "import PIL"),
    "one-time-codes-have-one-importer": ("admin/jobs.py", "import pyotp"),
}


def contracts() -> dict[str, str]:
    """Contract id -> its sentence, as the report prints it."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return {name.removeprefix(prefix): config[name]["name"] for name in config.sections() if name.startswith(prefix)}


def lint(path: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(path), "NO_COLOR": "1"}
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    command += ["--config", str(ROOT / ".importlinter"), "--no-cache"]
    return subprocess.run(command, cwd=path, env=environment, capture_output=True, text=True, check=False).stdout


def copied(target: Path) -> Path:
    for name, source in PACKAGES.items():
        shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def test_every_contract_has_a_violation_to_try_it_with() -> None:
    assert set(VIOLATIONS) == set(contracts())


def test_every_contract_breaks_when_its_violation_is_planted(tmp_path: Path) -> None:
    tree = copied(tmp_path)
    for file, statement in VIOLATIONS.values():
        module = tree / file
        module.write_text(f"{module.read_text()}\n{statement}\n")
    broken = set(re.findall(r"^(.+) BROKEN", lint(tree), re.MULTILINE))
    assert broken == set(contracts().values())
