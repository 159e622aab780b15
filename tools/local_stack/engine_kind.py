"""Where a test run's engines live. TEST_ENGINES=containers|processes says; else containers where the images are there.

Usage: python -m local_stack.engine_kind, which installs the engines that processes need.
"""

import os
import subprocess
import sys

from local_stack.docker_engine import engine_answers, missing_images
from local_stack.engines import Engines
from local_stack.failure import StackFailure
from local_stack.places import ROOT
from local_stack.terminal import say


def engines_class() -> tuple[type[Engines], str]:
    """The implementation, and why. Raises StackFailure for a wish that cannot be met."""
    wish = os.environ.get("TEST_ENGINES", "")
    if wish not in ("", "containers", "processes"):
        raise StackFailure(f"TEST_ENGINES={wish} is neither containers nor processes.")
    if wish == "processes":
        return Engines, "TEST_ENGINES=processes"
    if reason := _obstacle():
        if wish:
            raise StackFailure(f"TEST_ENGINES=containers cannot be: {reason}.")
        return Engines, reason
    from local_stack.container_engines import ContainerEngines

    return ContainerEngines, "TEST_ENGINES=containers" if wish else "a Docker engine has the images"


def _obstacle() -> str:
    """Nothing is pulled for a test run: whoever has no images has no wish for containers either."""
    if not engine_answers():
        return "no Docker engine answers"
    from local_stack.container_engines import IMAGES

    missing = missing_images(IMAGES.values())
    return f"the Docker engine lacks {', '.join(missing)}" if missing else ""


def main() -> None:
    """Say which, and install what it needs."""
    try:
        chosen, why = engines_class()
    except StackFailure as failure:
        sys.exit(f"error: {failure}")
    say(f"Engines of the tests: {'processes' if chosen is Engines else 'containers'} ({why}).")
    if chosen is Engines:
        sys.exit(
            subprocess.run([sys.executable, str(ROOT / "tools" / "bootstrap.py"), "engines"], check=False).returncode
        )


if __name__ == "__main__":
    main()
