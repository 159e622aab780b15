"""Usage: python -m manifests write | check | secrets.

write    write deploy/k8s/base from the settings models and the tables in tools/manifests
check    say what of it is not up to date, render base and overlays, validate them
secrets  print the Secrets of the local overlay, for `kubectl apply -f -`
"""

import sys

from local_stack.terminal import say
from manifests import local_secrets, validation
from manifests.files import BASE, outdated, write


def check() -> None:
    """Exit code 1 with everything that is wrong."""
    wrong = [f"{name} is not up to date: run `python -m manifests write`" for name in outdated()]
    wrong += validation.problems(say)
    if wrong:
        sys.exit("\n".join(wrong))


def main(arguments: list[str]) -> None:
    """Run one command."""
    match arguments:
        case ["write"]:
            for name in write():
                say(str((BASE / name).relative_to(BASE.parents[2])))
        case ["check"]:
            check()
        case ["secrets"]:
            say(local_secrets.text())
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
