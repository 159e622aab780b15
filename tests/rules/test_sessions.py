"""A connection goes back to the pool as it was: the next borrower must not inherit a setting, a lock or a channel."""

import ast
import re
from pathlib import Path

import pytest

from .test_where_things_stand import ROOT, SOURCES, literals

SESSION_STATE = re.compile(
    r"^\s*(SET\s+(?!LOCAL\b|CONSTRAINTS\b)|LISTEN\s|DECLARE\s.*WITH\s+HOLD)|set_config\([^)]*,\s*false\s*\)|"
    r"pg_(try_)?advisory_lock(_shared)?\(",
    re.DOTALL,
)
ON_A_CONNECTION_OF_THEIR_OWN = {"relay.py", "leases.py", "migrate.py", "provision.py"}
"""They borrow it past `Database.transaction` or open it themselves, so that it is reset or closed after them."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_statements_leave_nothing_behind_in_the_session(path: Path) -> None:
    """`Database.transaction` spares the reset; a SET without LOCAL would reach another organization's request."""
    tree = ast.parse(path.read_text())
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values[1:]}
    statements = (node for node in literals(tree) if id(node) not in inner)
    found = [node.lineno for node in statements if SESSION_STATE.search(node.value)]
    assert found == [] or path.name in ON_A_CONNECTION_OF_THEIR_OWN


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("SET ROLE x", True),
        ("SET LOCAL lock_timeout = '1s'", False),
        ("SET CONSTRAINTS ALL IMMEDIATE", False),
        ("SELECT set_config('app.org_id', $1, false)", True),
        ("SELECT set_config('app.org_id', $1, true)", False),
        ("SELECT pg_advisory_lock(1)", True),
        ("SELECT pg_advisory_xact_lock(1)", False),
        ("UPDATE t SET a = 1", False),
    ],
)
def test_the_rule_sees_what_stays(statement: str, refused: bool) -> None:
    assert bool(SESSION_STATE.search(statement)) is refused
