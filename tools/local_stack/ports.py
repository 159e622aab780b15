"""Free ports, and who holds a taken one."""

import random
import socket
from collections.abc import Container, Iterable
from pathlib import Path

# Below the range from which Linux takes ports for outgoing connections, so that no client grabs one in between.
_RANGE = range(20_000, 32_000)
_LISTEN = "0A"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port, on loopback and on every address."""
    for address in ("127.0.0.1", "0.0.0.0"):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def free_port(taken: Container[int] = (), *, row: int = 1) -> int:
    """A free port that is not in `taken`, the first of a `row` of such. Raises OSError when a thousand tries fail."""
    for _ in range(1000):
        port = random.choice(_RANGE)
        if all(each not in taken and is_free(each) for each in range(port, port + row)):
            return port
    raise OSError("no free port between 20000 and 32000")


def next_free_port(port: int) -> int:
    """The first free port after `port`."""
    return next(candidate for candidate in range(port + 1, port + 1000) if is_free(candidate))


def accepts(port: int) -> bool:
    """Whether something on loopback accepts a connection on the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def holder(port: int) -> str:
    """Who listens on the port, e.g. "`nginx` (pid 812)"; "another program" when /proc does not tell us."""
    inodes = {inode for inode, listening in _listening().items() if listening == port}
    for process in Path("/proc").glob("[0-9]*"):
        if inodes & _socket_inodes(process):
            return f"`{_name(process)}` (pid {process.name})"
    return "another program"


def listened_by(pids: Iterable[int]) -> set[int]:
    """The TCP ports on which these processes listen."""
    listening = _listening()
    inodes: set[str] = set()
    for pid in pids:
        inodes |= _socket_inodes(Path(f"/proc/{pid}"))
    return {listening[inode] for inode in inodes & listening.keys()}


def _listening() -> dict[str, int]:
    """Inode of each listening socket -> its port."""
    found = {}
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            fields = line.split()
            if fields[3] == _LISTEN:
                found[fields[9]] = int(fields[1].rpartition(":")[2], 16)
    return found


def _socket_inodes(process: Path) -> set[str]:
    try:
        links = [_target(entry) for entry in (process / "fd").iterdir()]
    except OSError:
        return set()
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def _target(descriptor: Path) -> str:
    """Where a descriptor leads; nowhere if it was closed meanwhile."""
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def _name(process: Path) -> str:
    """The program, and for an interpreter what it runs: `python -m http.server`."""
    try:
        words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "a program"
    program = Path(words[0].split()[0] if words[0] else "a program").name.rstrip(":")
    interpreted = program.startswith(("python", "node", "java", "ruby", "perl"))
    return " ".join([program, *words[1:3]]).strip() if interpreted else program
