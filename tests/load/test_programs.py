"""What a bench starts is bounded in what it writes, and gone when the bench is: ended, interrupted or killed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_stack.places import ROOT
from tests.load import programs

PATIENCE_SECONDS = 90


def test_a_log_is_bounded_and_a_full_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "LOG_BYTES", 100_000)
    endless = "import os\nwhile True: os.write(1, b'the same again\\n' * 100)"
    running = programs.start(tmp_path, "endless", (sys.executable, "-c", endless), {})
    try:
        running.process.wait(PATIENCE_SECONDS)
        assert running.log.stat().st_size == 100_000
        with pytest.raises(AssertionError, match=r"endless wrote 100000 bytes:\n(.|\n)*the same again"):
            running.check()
    finally:
        running.stop()


def test_a_writers_complaints_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "LOG_BYTES", 100_000)
    endless = "import os\nprint('ready', flush=True)\nwhile True: os.write(2, b'the same again\\n' * 100)"
    writer = programs.start_writer(tmp_path, (sys.executable, "-c", endless), {})
    try:
        with pytest.raises(AssertionError, match="writer wrote 100000 bytes"):
            writer.wait()
    finally:
        writer.stop()


def test_a_program_that_hears_nothing_is_gone_with_whoever_started_it(tmp_path: Path) -> None:
    deaf = (sys.executable, "-c", "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(900)")
    starting = f"""
from pathlib import Path
from tests.load.programs import start
print(start(Path({str(tmp_path)!r}), "deaf", {deaf!r}, {{}}).pid, flush=True)
input()
"""
    bench = subprocess.Popen(
        [sys.executable, "-c", starting], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert bench.stdout is not None
    started = Path("/proc") / bench.stdout.readline().strip()
    assert started.exists()
    bench.kill()
    bench.communicate()
    until(lambda: not started.exists())


@pytest.fixture
def mark() -> Iterator[str]:
    """A folder for all temporary files of a bench, whose name stands in the environment of all that it starts."""
    with tempfile.TemporaryDirectory(prefix="bench-test-") as directory:
        Path(directory).chmod(0o711)
        yield directory


def started_by(mark: str) -> list[str]:
    """The command lines of the processes that carry the mark; servers that hide their environment work below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"TMPDIR={mark}".encode() in (process / "environ").read_bytes().split(b"\0")
            if marked or Path(mark) in (process / "cwd").resolve().parents:
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param((signal.SIGINT,), id="interrupted"),
        pytest.param((signal.SIGINT, signal.SIGINT), id="interrupted twice", marks=pytest.mark.long),
        pytest.param((signal.SIGKILL,), id="killed", marks=pytest.mark.long),
    ],
)
def test_what_a_bench_started_is_gone_with_it(mark: str, signals: tuple[signal.Signals, ...]) -> None:
    command = [sys.executable, "-m", "tests.load", "writes", "--ours", "--rounds", "1000", "--events", "100000"]
    bench = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": mark},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        # A shell's background job, which these tests may be, ignores SIGINT, and hands that down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it takes no lock
    )
    try:
        until(lambda: any("tests.load.writes.writer" in line for line in started_by(mark)))
        for number in signals:
            bench.send_signal(number)
        bench.wait(PATIENCE_SECONDS)
    finally:
        bench.kill()
        bench.wait()
    until(lambda: started_by(mark) == [])


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
