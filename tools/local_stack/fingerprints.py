"""What a running process was started from: `up` starts it anew if its sources or settings changed, and only then."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

_IGNORED = ("__pycache__", "node_modules", "dist", ".git", "tests")


def of_files(roots: Iterable[Path], ignored: Iterable[str] = _IGNORED) -> str:
    """Names, sizes and times of change of all files below these folders."""
    digest = hashlib.sha256()
    skipped = set(ignored)
    for root in roots:
        for directory, folders, files in os.walk(root):
            folders[:] = sorted(set(folders) - skipped)
            for path in (Path(directory) / name for name in sorted(files)):
                status = path.lstat()
                digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def of_service(root: Path, name: str, environment: Mapping[str, str]) -> str:
    """A service's sources, those of the libraries under it, the locked packages, and its settings."""
    folders = [root / "services" / name, *sorted((root / "libs").glob("*/src"))]
    digest = hashlib.sha256(of_files(folders).encode())
    digest.update((root / "uv.lock").read_bytes())
    digest.update(repr(sorted(environment.items())).encode())
    return digest.hexdigest()


class Memory:
    """Fingerprints of what was done, one small file each below .local/state/."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def knows(self, what: str, fingerprint: str) -> bool:
        """Whether `what` was last done for exactly this."""
        file = self._directory / what
        return file.exists() and file.read_text() == fingerprint

    def remember(self, what: str, fingerprint: str) -> None:
        """It was done."""
        (self._directory / what).write_text(fingerprint)

    def forget(self, what: str) -> None:
        """It is being done: a crash in between does it again."""
        (self._directory / what).unlink(missing_ok=True)
