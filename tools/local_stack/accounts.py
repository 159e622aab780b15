"""Servers never run as root: as root, each engine runs under the account that its Debian package created."""

import os
import pwd
import shutil
from pathlib import Path


def account_for(package_account: str) -> str | None:
    """The unprivileged account for an engine, or None when the caller is not root and simply runs it."""
    if os.geteuid() != 0:
        return None
    for name in (package_account, "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


def give(path: Path, account: str | None) -> None:
    """Hand a file or directory to the account (nothing to do when there is none)."""
    if account is not None:
        shutil.chown(path, user=account, group=pwd.getpwnam(account).pw_gid)


def own_directory(path: Path, account: str | None) -> Path:
    """Create a directory that only the account can read."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    give(path, account)
    return path


def write_private(path: Path, text: str, account: str | None = None) -> Path:
    """Write a file that only its owner (the account, if one is named) can read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)
    give(path, account)
    return path


def can_reach(path: Path, account: str | None) -> bool:
    """Whether the account may walk down to `path`; a checkout under /root is the usual case where it may not."""
    if account is None:
        return True
    entry = pwd.getpwnam(account)
    return all(_may_enter(parent, entry) for parent in path.resolve().parents if parent.exists())


def _may_enter(directory: Path, entry: pwd.struct_passwd) -> bool:
    status = directory.stat()
    if status.st_uid == entry.pw_uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == entry.pw_gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
