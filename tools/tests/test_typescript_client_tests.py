"""The TypeScript client's own tests: a run in which none ran is a failure, whatever the reason."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local_stack.places import ROOT

CLIENT = ROOT / "clients" / "typescript"
NODE = Path(sys.executable).parent / "node"


def run(script: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(NODE), str(script)]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The script that runs them, beside a folder of tests that is still empty."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "test").mkdir()
    return Path(shutil.copy(CLIENT / "scripts" / "run-tests.mjs", tmp_path / "scripts"))


def test_the_package_runs_them_by_this_script() -> None:
    assert '"test": "node scripts/run-tests.mjs"' in (CLIENT / "package.json").read_text()


def test_no_test_is_a_failure(copy: Path) -> None:
    empty = run(copy)
    assert (empty.returncode, "no test file" in empty.stderr) == (1, True)
    (copy.parents[1] / "test" / "nothing.test.ts").write_text("export {};\n")
    silent = run(copy)
    assert (silent.returncode, "not one test ran" in silent.stderr) == (1, True)


def test_a_test_that_passes_and_one_that_fails_are_told_apart(copy: Path) -> None:
    file = copy.parents[1] / "test" / "some.test.ts"
    head = 'import { test } from "node:test";\ntest("one", () => { const wrong: boolean = '
    tail = '; if (wrong) throw new Error("no"); });\n'
    file.write_text(head + "false" + tail)
    assert run(copy).returncode == 0
    file.write_text(head + "true" + tail)
    assert run(copy).returncode == 1


def test_a_node_that_reads_no_typescript_is_a_failure_and_says_so(copy: Path) -> None:
    (copy.parents[1] / "test" / "some.test.ts").write_text('import { test } from "node:test"; test("one", () => {});\n')
    old = run(copy, NODE_OPTIONS="--no-experimental-strip-types")
    assert (old.returncode, "they need Node.js 22.18" in old.stderr) == (1, True)
