"""Writes docs/benchmarks.md: a section a bench. A run replaces its own section and leaves the others."""

import re
from pathlib import Path

from local_stack.places import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench NAME`; each section says when, where and with which command. One run starts private servers, lets
ours and the peers take turns on the same machine, and gives medians over the rounds. The peers are the small programs
in `tests/load/peers/`; they measure their library in our hands, not what its authors would make of it. Compare the
ratios, not the figures: another machine has others.
"""


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    """Put a section in its place; a new one comes last."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    known = page.read_text() if page.exists() else HEAD
    replaced, count = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: section, known, flags=re.DOTALL)
    page.write_text(replaced if count else f"{known.rstrip()}\n\n{section}\n")
