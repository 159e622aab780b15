"""pgbench with the same statements, for scale: how fast a program goes that makes nothing of what it sends.

It reads orders like every writer (`tests.load.orders`). The ids are Postgres' own, the body of the event is always the
same. Standard library only.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

from tests.load.orders import Order, done

ORGANIZATION = uuid4()
BODY = json.dumps({"specversion": "1.0", "id": str(uuid4()), "padding": "x" * 780}).encode()
"""As long as what the others write."""

SCRIPT = f"""
BEGIN; SET LOCAL app.org_id = '{ORGANIZATION}';
INSERT INTO members (member_id, org_id, email, role, run)
VALUES (gen_random_uuid(), '{ORGANIZATION}', gen_random_uuid() || '@example.com', 'member', :run);
INSERT INTO outbox (event_id, exchange, routing_key, type, content_type, org_id, headers, body, purge)
VALUES (gen_random_uuid(), 'events', 'member.joined', 'member.joined', 'application/cloudevents+json', '{ORGANIZATION}',
        '{{}}', '\\x{BODY.hex()}', false);
COMMIT;
"""


def carry_out(order: Order, directory: Path) -> str:
    """One run of pgbench; returns the answer. Raises CalledProcessError."""
    command = ["pgbench", "-n", "-M", "prepared", "-f", str(directory / "script.sql"), "-D", f"run={order.run}"]
    each = order.transactions // order.writers
    said = subprocess.run(
        [*command, "-c", str(order.writers), "-t", str(each), "-l", os.environ["DATABASE_API_URL"]],
        cwd=directory,
        env={**os.environ, "PGOPTIONS": "-c search_path=producer"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    speed = re.search(r"tps = ([\d.]+) \(without", said)
    assert speed, said
    waits = []
    for log in directory.glob("pgbench_log.*"):
        waits += [int(line.split()[2]) / 1000 for line in log.read_text().splitlines()]
        log.unlink()
    return done(each * order.writers / float(speed[1]), waits)


def main() -> None:
    """Until stdin ends."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "script.sql").write_text(SCRIPT)
        print("ready", flush=True)
        for line in sys.stdin:
            print(carry_out(Order(**json.loads(line)), directory), flush=True)


if __name__ == "__main__":
    main()
