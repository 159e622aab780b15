"""The TypeScript client: types by openapi-typescript, then the package as it is published, by its own scripts."""

from pathlib import Path

from local_stack.places import Places
from local_stack.web_pages import install_modules, run_npm

FOLDER = Path("clients/typescript")


def build_typescript(places: Places) -> None:
    """`npm ci` where the packages are missing or changed, then `npm run build`. Raises StackFailure."""
    install_modules(places, places.root / FOLDER)
    run_npm(places, "run", "build", folder=places.root / FOLDER)
