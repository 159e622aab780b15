"""Write web/openapi.json and web/openapi.admin.json: the gateway's documents, from the services' code, nothing started.

Usage: python web/scripts/openapi.py [--check]   (then `npm run generate` turns it into the typed client)
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from gateway.documents import merge
from gateway.home import describe

WEB = Path(__file__).parents[1]
SERVICES_WITH_PAGES = ("admin", "analytics", "billing", "notifier", "teams")


def current() -> dict[Path, str]:
    """The merged documents as the services' code has them now: the customers', and the staff's."""
    documents = {name: _document(name) for name in SERVICES_WITH_PAGES}
    merged = {"openapi.json": describe(merge(documents)), "openapi.admin.json": merge(documents, staff=True)}
    return {WEB / name: json.dumps(document, indent=2, sort_keys=True) + "\n" for name, document in merged.items()}


def _document(service: str) -> dict[str, Any]:
    written = subprocess.run([sys.executable, "-m", service, "openapi"], capture_output=True, check=True)
    document: dict[str, Any] = json.loads(written.stdout)
    return document


def main(arguments: list[str]) -> int:
    """0 when the files are up to date, or were written."""
    written = current()
    if arguments != ["--check"]:
        for file, text in written.items():
            file.write_text(text, encoding="utf-8")
        return 0
    if all(file.read_text(encoding="utf-8") == text for file, text in written.items()):
        return 0
    sys.stderr.write(
        "web/openapi.json or web/openapi.admin.json is not what the services' code says; run "
        "`python web/scripts/openapi.py && npm --prefix web run generate` and commit them.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
