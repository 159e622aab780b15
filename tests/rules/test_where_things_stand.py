"""Rules of the house that no linter has: each docstring tells what goes wrong without it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = [*ROOT.glob("libs/*/src/*"), *ROOT.glob("services/*/src/*")]
SOURCES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
SERVICE_SOURCES = [path for path in SOURCES if path.is_relative_to(ROOT / "services")]
PYTHON = [*SOURCES, *sorted((ROOT / "tools").rglob("*.py"))]

SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|SELECT\s+\w+\(|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s*\(|"
    r"NOTIFY\s|LISTEN\s|TRUNCATE\s|(CREATE|ALTER|DROP)\s+(TABLE|ROLE|SCHEMA|INDEX)\s)",
    re.IGNORECASE | re.DOTALL,
)
VAGUE = {"helpers", "utils", "util", "common", "misc", "manager", "base", "shared"}


def literals(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every string that is not a docstring."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node


def sql_outside_storage(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [f"{path}:{node.lineno}" for node in literals(tree) if SQL.search(node.value)]


@pytest.mark.parametrize("path", SERVICE_SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sql_stands_in_storage_only(path: Path) -> None:
    """A query hidden in a use case is the one nobody finds when its index is dropped."""
    if path.stem.startswith("storage") or "storage" in path.parent.parts:
        return
    assert sql_outside_storage(path) == []


def test_the_sql_rule_sees_a_violation(tmp_path: Path) -> None:
    planted = tmp_path / "usecase.py"
    planted.write_text('async def f(tx):\n    return await tx.fetch("SELECT id FROM users WHERE id = $1")\n')
    assert sql_outside_storage(planted) == [f"{planted}:2"]


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_small(path: Path) -> None:
    """Files of thousands of lines were once files of three hundred."""
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    long = [
        f"{node.name} has {(node.end_lineno or 0) - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 40
    ]
    assert long == []


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_names_are_exact(path: Path) -> None:
    """A file called utils is where the next thing nobody placed will go."""
    assert path.stem not in VAGUE
    assert "_and_" not in path.stem


def test_a_use_case_never_ends_the_transaction_it_was_given() -> None:
    """Whoever commits in the middle publishes half a fact."""
    ending = re.compile(r"\.(commit|rollback)\(|\.transaction\(")
    offenders = [
        str(path)
        for path in SERVICE_SOURCES
        if "usecases" in path.parts and re.search(r"\btx\b", path.read_text()) and ending.search(path.read_text())
    ]
    assert offenders == []


def test_no_exception_is_swallowed() -> None:
    """`except Exception: pass` is how a lost event looks in the code."""
    offenders = [
        f"{path}:{node.lineno}"
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and all(isinstance(part, ast.Pass | ast.Continue) for part in node.body)
    ]
    assert offenders == []
