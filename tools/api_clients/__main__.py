"""Generate and build the clients.

Usage: python -m api_clients [python|typescript|packages]   (all without an argument)
"""

import sys

from api_clients.packages import BUILDS, build, build_packages
from local_stack.failure import StackFailure
from local_stack.places import Places
from local_stack.terminal import say


def main(names: list[str]) -> int:
    """0 when what was asked for is built."""
    try:
        for name in names or (*BUILDS, "packages"):
            if name == "packages":
                build_packages(Places.of())
            else:
                build(Places.of(), name)
    except StackFailure as failure:
        say(f"error: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
