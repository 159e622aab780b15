"""docs/how-to/teams-with-curl.md, pasted line by line into a shell; what stands behind `# →` is compared."""

import asyncio
import json
import re
import subprocess
from pathlib import Path

import pytest

from local_stack.places import ROOT

PAGE = (ROOT / "docs/how-to/teams-with-curl.md").read_text()
LINES = [
    line for block in re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]
EXPECTS = re.compile(r" +# → (?P<expected>.*)$")
ELSEWHERE = re.compile("/sso|/.well-known/|/internal/")
"""What the page says that it leaves out, and what is for programs."""


def script(gateway: str, mail: str, marks: Path) -> str:
    """The page as one program that notes each line's number and, where the page says it, its answer."""
    written = []
    for number, line in enumerate(LINES):
        here = line.replace("http://localhost:8080", gateway).replace("http://localhost:8025", mail)
        if EXPECTS.search(here):
            written.append(f"ANSWER=$({EXPECTS.sub('', here)})")
            written.append(f'printf "%s\\t%s\\n" {number} "$ANSWER" >> {marks}')
        else:
            written.append(here)
            written.append(f"[ $? = 0 ] || {{ echo 'line {number} of the page failed' >&2; exit 1; }}")
    return "\n".join(written)


@pytest.mark.timeout(180)
async def test_every_line_works_as_it_stands_and_answers_what_the_page_says(platform, tmp_path) -> None:
    program, marks = tmp_path / "page.bash", tmp_path / "answers"
    program.write_text(script(platform.gateway_url, platform.mail_url, marks))
    done = await asyncio.to_thread(
        subprocess.run, ["bash", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=150
    )
    answers = dict(line.split("\t", 1) for line in marks.read_text().splitlines())
    expected = {str(number): found["expected"] for number, line in enumerate(LINES) if (found := EXPECTS.search(line))}
    told = [
        f"{LINES[int(number)]}\n    answered: {answers[number]}"
        for number in answers
        if answers[number] != expected[number]
    ]
    assert told == [], done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert answers.keys() == expected.keys()


def asked(method: str, path: str) -> bool:
    """Whether the page makes this call."""
    place = re.sub(r"\\\{\w+\\\}", r"\\$\\w+", re.escape(path))
    return any(re.search(rf"\bapi {method} [\"']?{place}(?=[\s\"'?)]|$)", line) for line in LINES)


def test_no_call_of_teams_is_left_out(platform) -> None:
    document = json.loads((platform.stack.places.openapi / "teams.json").read_text())
    there = [(method.upper(), path) for path, item in document["paths"].items() for method in item if method in METHODS]
    assert [
        f"{method} {path}"
        for method, path in there
        if not ELSEWHERE.search(f"{method} {path}") and not asked(method, path)
    ] == []


METHODS = {"get", "post", "put", "patch", "delete"}


def test_it_is_one_page() -> None:
    assert len(PAGE.splitlines()) <= 165
