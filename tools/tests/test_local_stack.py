"""The parts of `make up` that need nothing running."""

import configparser
import importlib
import json
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from chassis.keys import SigningKey
from chassis.lifecycle import Service
from chassis.sealing import open_sealed, seal
from gateway.settings import GatewaySettings
from local_stack import catalogue, keyring
from local_stack.__main__ import run_logs
from local_stack.accounts import can_reach
from local_stack.catalogue import SERVICES, Stack
from local_stack.failure import StackFailure
from local_stack.fingerprints import Memory, of_files
from local_stack.launch import read_environment, refusal
from local_stack.logs import files, of_trace, readable
from local_stack.places import Places
from local_stack.postgres import binary
from local_stack.program import Program
from local_stack.stack import LocalStack, assemble
from local_stack.supervision import log_of


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.of(tmp_path)


@pytest.fixture
def local(places: Places) -> LocalStack:
    names = [*catalogue.port_names(), "gateway_http", "mail_http", "stripe_http"]
    return assemble(places, {name: 20_000 + number for number, name in enumerate(names)})


@pytest.fixture
def stack(local: LocalStack) -> Stack:
    return local.stack


def test_secrets_are_made_once_and_are_readable_by_their_owner_only(places: Places) -> None:
    first = keyring.load_or_generate(places.secrets, ["teams"])
    second = keyring.load_or_generate(places.secrets, ["teams"])
    assert first == second
    assert places.secrets.stat().st_mode & 0o777 == 0o600


def test_a_new_service_gets_secrets_and_the_others_keep_theirs(places: Places) -> None:
    before = keyring.load_or_generate(places.secrets, ["teams"])
    after = keyring.load_or_generate(places.secrets, ["teams", "billing"])
    assert after.services["teams"] == before.services["teams"]
    assert set(after.trusted_services) == {"teams", "billing"}


def test_the_generated_keys_are_pairs(places: Places) -> None:
    keys = keyring.load_or_generate(places.secrets, ["teams"])
    assert SigningKey.parse(keys.services["teams"].signing_key).public_text == keys.services["teams"].public_key
    assert open_sealed(keys.command_private_key, seal(keys.command_public_key, b"secret")) == b"secret"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_service_is_given_every_setting_that_it_requires(stack: Stack, service: catalogue.ServiceRow) -> None:
    given = {name.lower() for name in catalogue.environment(stack, service)}
    model = GatewaySettings if service.name == "gateway" else _settings_of(service)
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    assert required <= given


def _settings_of(service: catalogue.ServiceRow) -> type[BaseSettings]:
    table_of_contents: Service = importlib.import_module(f"{service.name}.app").SERVICE
    return table_of_contents.settings


def test_no_two_programs_share_a_name_a_log_or_a_port(local: LocalStack) -> None:
    programs = local.programs()
    assert len({program.name for program in programs}) == len(programs)
    assert len({program.log for program in programs}) == len(programs)
    names = [*catalogue.port_names(), "gateway_http", "mail_http", "stripe_http"]
    assert len(set(names)) == len(names)


def test_the_configuration_of_supervisord_reads_back_as_it_was_meant(local: LocalStack, tmp_path: Path) -> None:
    strange = Program("odd", ("/bin/echo", "a b", "100%", "'"), tmp_path, tmp_path / "odd.log", {"A": "{1,2}"})
    local.supervisor._places.supervisord_conf.write_text(local.supervisor._configuration([strange]))
    parser = configparser.ConfigParser()
    parser.read(local.supervisor._places.supervisord_conf)
    assert parser["program:odd"]["command"] == "/bin/echo 'a b' 100% ''\"'\"''"
    assert parser["program:odd"]["environment"] == 'A="{1,2}"'
    assert parser["inet_http_server"]["port"].startswith("127.0.0.1:")


def test_settings_survive_the_file_they_are_written_to(tmp_path: Path) -> None:
    file = tmp_path / "teams.env"
    file.write_text('SIGNING_KEYS=["a=b", "c"]\nPUBLIC_URL=http://localhost:8080\n')
    assert read_environment(file) == {"SIGNING_KEYS": '["a=b", "c"]', "PUBLIC_URL": "http://localhost:8080"}


def test_a_change_of_a_source_is_noticed_and_generated_files_are_not(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (source / "a.py").write_text("1")
    before = of_files([source])
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "a.pyc").write_text("x")
    assert of_files([source]) == before
    (source / "a.py").write_text("12")
    assert of_files([source]) != before


def test_what_was_begun_and_not_finished_is_done_again(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.remember("teams", "abc")
    assert memory.knows("teams", "abc")
    memory.forget("teams")
    assert not memory.knows("teams", "abc")


def test_a_trace_is_followed_over_all_services_by_time(places: Places) -> None:
    def line(at: str, event: str, trace: str) -> str:
        return json.dumps({"timestamp": f"2026-01-01T00:00:{at}Z", "level": "info", "event": event, "trace_id": trace})

    log_of(places, "teams-serve").write_text(line("03", "third", "aa") + "\n" + line("01", "first", "aa") + "\n")
    log_of(places, "notifier-work").write_text(line("02", "second", "aa") + "\nno json\n" + line("02", "other", "bb"))
    found = list(of_trace(files(places, ""), "aa"))
    assert [text.split()[3] for text in found] == ["first", "second", "third"]
    assert found[0].startswith("teams-serve     00:00:01")


def test_only_the_asked_services_logs_are_shown(places: Places) -> None:
    for name in ("teams-serve", "teams-work", "notifier-work", "postgres"):
        log_of(places, name).touch()
    assert [file.stem for file in files(places, "teams")] == ["teams-serve", "teams-work"]
    assert [file.stem for file in files(places, "postgres")] == ["postgres"]
    assert [file.stem for file in files(places, "")] == ["notifier-work", "teams-serve", "teams-work"]


def test_a_line_that_is_no_json_is_shown_as_it_is() -> None:
    assert readable("teams-work", "Traceback (most recent call last):").endswith("Traceback (most recent call last):")
    assert readable("teams-work", "{broken").endswith("{broken")


def test_a_private_folder_on_the_way_keeps_an_account_out(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert not can_reach(closed / "engines", "nobody")
    assert can_reach(closed / "engines", None)


@pytest.mark.skipif(not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")), reason="no Postgres is installed")
def test_data_of_an_older_postgres_is_not_opened_by_a_newer_one() -> None:
    with pytest.raises(StackFailure, match=r"made by PostgreSQL 9\.6.*apt-get install postgresql-9\.6.*make reset"):
        binary("postgres", "9.6")
    assert binary("postgres").endswith("/bin/postgres")


def test_a_misspelt_service_is_told_which_there_are(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal("billig", "x.env").startswith("error: there is no service 'billig': one of teams, ")
    assert refusal("billing", "x.env") == "error: x.env is not there: run `make up` first."
    monkeypatch.setenv("SERVICE", "billig")
    places.logs.mkdir(parents=True, exist_ok=True)
    with pytest.raises(StackFailure, match="is it started"):
        run_logs(places)
    for name in ("teams-serve", "billing-work"):
        (places.logs / f"{name}.log").touch()
    with pytest.raises(StackFailure, match=r"no log of billig in .*: there are logs of billing, teams\."):
        run_logs(places)
