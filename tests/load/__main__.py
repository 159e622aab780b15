"""`python -m tests.load [names] [--rounds N] [--events N] [--seconds S] [--ours]`: measure, write docs/benchmarks.md.

A bench is a module with `prepare()`, which installs what its peers need, `run(options, command, day)`, which returns
its section, and `measure_ours(options)`. Add yours to `BENCHES`, and its name to the Makefile's.
"""

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from importlib import import_module

from tests.load import report
from tests.load.options import Options

BENCHES = {name: f"tests.load.{name}.bench" for name in ("events", "gateway", "writes", "revocation")}


def main() -> None:
    usual = Options()
    parser = ArgumentParser(prog="python -m tests.load")
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], default=[], help="all without")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="how often all take turns")
    parser.add_argument("--events", type=int, default=usual.events, help="how many go through flat out")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="how long each rate is kept up")
    parser.add_argument("--ours", action="store_true", help="ours alone, to work on it; the page stays as it is")
    arguments = parser.parse_args()
    options = Options(arguments.rounds, arguments.events, arguments.seconds)
    for name in arguments.names or BENCHES:
        bench = import_module(BENCHES[name])
        if arguments.ours:
            bench.measure_ours(options)
            continue
        bench.prepare()
        text = bench.run(options, f"make bench {name}{options.as_typed()}", f"{datetime.now(UTC):%Y-%m-%d}")
        report.write_section(name, text)
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
