"""Usage: python -m local_stack up | down | reset | status | logs | code | env SERVICE | openapi."""

import os
import shlex
import subprocess
import sys
import xmlrpc.client
from collections.abc import Mapping

from trace_catcher.reading import fetch
from trace_catcher.spans import tree

from local_stack import catalogue, choice, compose, demo_data, logs, orphans, superadmin
from local_stack.addresses import STRIPE
from local_stack.catalogue import Stack
from local_stack.failure import StackFailure, last_lines
from local_stack.launch import read_environment
from local_stack.places import Places
from local_stack.stack import choose, existing
from local_stack.supervision import log_of
from local_stack.terminal import say, step
from local_stack.up import document_of, only_one, run_module, up, write_environments

Started = tuple[Stack, Mapping[str, int], superadmin.RunAdmin]
"""What runs, the ports it has on this machine, and how admin's command line is run in it."""


def run_up(places: Places) -> None:
    """Start everything, then say where it is."""
    with only_one(places.home):
        chosen = choice.choose(places)
        say(f"Starting {choice.NAMES[chosen.kind]}: {chosen.why}.")
        choice.remember(places, chosen.kind)
        stack, ports, run_admin = _up_in_containers(places) if chosen.kind == "docker" else _up_here(places)
        demo_data.ensure(stack)
        root = superadmin.ensure(places, run_admin)
    say(f"""
  Console          {stack.public_url}
  API reference    {stack.public_url}/docs
  Mails            {stack.mail_url}
  Stripe simulated http://localhost:{ports[STRIPE.name]}
  RabbitMQ         http://localhost:{ports["rabbitmq_management"]}  (user platform, password {stack.keyring.engines})

  Demo login       {demo_data.EMAIL}  {stack.keyring.demo_password}
  Operations       {stack.public_url}/admin
  Superadmin       {root.email}  {root.password}  (`make code` shows the authenticator's six digits)

  Next: `make demo` tells the story in the terminal; `make logs` follows; `make down` stops.""")


def _up_here(places: Places) -> Started:
    """As processes of this machine, on engines that are installed where they are missing."""
    installed = subprocess.run([sys.executable, str(places.root / "tools" / "bootstrap.py"), "engines"], check=False)
    if installed.returncode != 0:
        sys.exit(installed.returncode)
    local = choose(places, say)
    up(local)

    def run_admin(arguments: tuple[str, ...], typed: str) -> str:
        return run_module(local, "admin", "admin", *arguments, doing="hiring the superadmin", typed=typed)

    return local.stack, local.stack.ports, run_admin


def _up_in_containers(places: Places) -> Started:
    containers = compose.choose(places)
    containers.up()

    def run_admin(arguments: tuple[str, ...], typed: str) -> str:
        return containers.run_module("admin", *arguments, typed=typed)

    return containers.stack, containers.published, run_admin


def _containers(places: Places) -> compose.Compose | None:
    """The containers of this checkout, where the last `make up` used them."""
    return compose.existing(places) if choice.ran_last(places) == "docker" else None


def run_down(places: Places) -> None:
    """Stop everything; the data stays."""
    with only_one(places.home):
        if containers := _containers(places):
            containers.down()
        else:
            _stop(places)
    say("Stopped; the data stays (`make reset` deletes it).")


def run_reset(places: Places) -> None:
    """Stop everything and delete the data."""
    with only_one(places.home):
        if containers := _containers(places):
            containers.down(volumes=True)
        else:
            _stop(places)
        places.delete()
    say("Stopped, and the data is deleted.")


def _stop(places: Places) -> None:
    local = existing(places)
    if local is not None and local.supervisor.running:
        with step("Stopping the services"):
            local.supervisor.stop_programs(program.name for program in local.programs() if "-" in program.name)
        with step("Stopping the engines"):
            local.supervisor.shut_down()
            orphans.wait_for_the_end(places)
    if count := orphans.stop(places):
        say(f"  Ended {count} processes that were left behind.")


def run_status(places: Places) -> None:
    """One line a program; the end of the log of what is down. Exit code 1 if something is."""
    if containers := _containers(places):
        sys.exit(0 if containers.status() else 1)
    local = existing(places)
    if local is None or not local.supervisor.running:
        say("Nothing runs here: `make up` starts it.")
        sys.exit(3)
    states = local.supervisor.states()
    for state in states.values():
        say(f"  {state.name:<15} {state.state:<9} {state.description}")
    down = [state for state in states.values() if state.state != "RUNNING"]
    for state in down:
        log = log_of(places, state.name)
        say(f"\n{state.name} is {state.state.lower()}; `make up` starts it again. The end of {log}:\n{last_lines(log)}")
    say(f"\n  {local.stack.public_url}   mails {local.stack.mail_url}")
    sys.exit(1 if down else 0)


def run_logs(places: Places) -> None:
    """SERVICE= limits it, TRACE= shows one trace across the services."""
    service, trace = os.environ.get("SERVICE", ""), os.environ.get("TRACE", "")
    if containers := _containers(places):
        _container_logs(containers, service, trace)
        return
    found = logs.files(places, service)
    if not found:
        known = ", ".join(sorted({path.stem.partition("-")[0] for path in logs.files(places, "")}))
        hint = f"there are logs of {known}." if known else "is it started? (`make status`)"
        raise StackFailure(f"no log of {service or 'any service'} in {places.logs}: {hint}")
    if not trace:
        logs.follow(found)
    lines = list(logs.of_trace(found, trace))
    say("\n".join(lines) or f"No line names the trace {trace}.")
    local = existing(places)
    if local is not None:
        _show_trace(local.stack.ports, trace)


def _container_logs(containers: compose.Compose, service: str, trace: str) -> None:
    if not trace:
        containers.follow(service)
    say("\n".join(containers.of_trace(trace, service)) or f"No line names the trace {trace}.")
    _show_trace(containers.published, trace)


def _show_trace(ports: Mapping[str, int], trace: str) -> None:
    if spans := fetch(f"http://127.0.0.1:{ports['traces']}", trace):
        say("\nWhere the time went:\n" + "\n".join(tree(spans)))


def run_code(places: Places) -> None:
    """Print what the demo superadmin's authenticator shows now."""
    root = superadmin.remembered(places)
    if root is None:
        raise StackFailure("there is no superadmin yet: `make up` makes it.")
    say(root.code)


def run_env(places: Places) -> None:
    """Print a service's settings as a shell takes them: eval "$(python -m local_stack env teams)"."""
    service = sys.argv[2] if len(sys.argv) > 2 else ""
    if service not in {row.name for row in catalogue.SERVICES}:
        raise StackFailure(f"which service? One of {', '.join(row.name for row in catalogue.SERVICES)}.")
    for name, value in read_environment(places.environments / f"{service}.env").items():
        say(f"export {name}={shlex.quote(value)}")


def run_openapi(places: Places) -> None:
    """Write each service's OpenAPI document into .local/openapi."""
    local = existing(places) or choose(places, say)
    write_environments(local)
    for row in catalogue.SERVICES:
        if row.has_schema:
            document = run_module(local, row.name, row.name, "openapi", doing=f"`python -m {row.name} openapi`")
            document_of(local, row).write_text(document)
            say(str(document_of(local, row).relative_to(places.root)))


COMMANDS = {
    "up": run_up,
    "down": run_down,
    "reset": run_reset,
    "status": run_status,
    "logs": run_logs,
    "code": run_code,
    "env": run_env,
    "openapi": run_openapi,
}


def main() -> None:
    """Run one command; a failure is a sentence and exit code 1."""
    command = COMMANDS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command is None:
        sys.exit(__doc__)
    try:
        command(Places.of())
    except StackFailure as failure:
        say(f"\nerror: {failure}")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left
    except (xmlrpc.client.Error, ConnectionRefusedError, ConnectionResetError) as error:
        say(f"\nerror: supervisord went away ({error}): run `make down`, then `make up`.")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
