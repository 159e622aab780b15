"""Processes from the outside: start, answer, stop; and the starts that are refused."""

import asyncio
import json
import signal
import sys
from typing import Any

import aiohttp
import asyncpg
import pytest

from chassis.keys import SigningKey
from chassis.testing import SpanCollector
from contracts.ids import new_id

from .running_service import ISSUER, half_a_request, run, running


async def test_a_request_in_hand_is_finished_and_no_other_is_taken(environment: dict[str, str]) -> None:
    async with running(environment, "serve") as service:
        port = (await service.said("serving"))["port"]
        reader, writer = await half_a_request(port)
        service.process.send_signal(signal.SIGTERM)
        await service.said("stopping")
        with pytest.raises(OSError):  # noqa: PT012 - the listener closes a moment after the line
            while True:
                _, other = await asyncio.open_connection("127.0.0.1", port)
                other.close()
        writer.write(b'{"name":"a"}')
        answer = await asyncio.wait_for(reader.read(), 10)
        assert b"200 OK" in answer
        assert b'{"name":"a"}' in answer
        assert await service.end() == 0


async def test_a_request_that_never_ends_does_not_hold_the_process(environment: dict[str, str]) -> None:
    async with running(environment, "serve", SHUTDOWN_SECONDS="0.5") as service:
        port = (await service.said("serving"))["port"]
        _, writer = await half_a_request(port)
        service.process.send_signal(signal.SIGTERM)
        assert await service.end() == 0
        writer.close()


async def test_figures_are_on_the_private_port_only(environment: dict[str, str]) -> None:
    async with running(environment, "serve") as service, aiohttp.ClientSession() as http:
        ports = await service.said("serving")
        url, private = f"http://127.0.0.1:{ports['port']}", f"http://127.0.0.1:{ports['metrics_port']}"
        headers = ISSUER.headers(org_id=new_id())
        async with http.get(f"{url}/v1/things", headers=headers) as answer:
            assert answer.status == 200
        async with http.get(f"{private}/metrics") as answer:
            text = await answer.text()
        assert 'http_request_duration_seconds_count{method="GET",route="/v1/things",status="2xx"} 1.0' in text
        assert "process_resident_memory_bytes" in text
        async with http.get(f"{url}/metrics") as answer:
            assert answer.status == 404
        async with http.get(f"{private}/health/ready") as answer:
            assert answer.status == 200


async def test_one_trace_from_the_caller_and_into_the_log(environment: dict[str, str]) -> None:
    trace_id, org_id = "0af7651916cd43dd8448eb211c80319c", new_id()
    collector = SpanCollector()
    async with collector.listening(), aiohttp.ClientSession() as http:  # noqa: SIM117 - the collector outlives it
        async with running(environment, "serve", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as service:
            url = f"http://127.0.0.1:{(await service.said('serving'))['port']}/v1/things"
            headers = ISSUER.headers(org_id=org_id) | {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}
            async with http.get(url, headers=headers | {"X-Request-Id": "from-the-test"}) as answer:
                assert answer.status == 200
            service.process.send_signal(signal.SIGTERM)
            assert await service.end() == 0
            for event in ("counted", "request"):
                line = await service.said(event)
                assert line["request_id"] == "from-the-test"
                assert line["trace_id"] == trace_id
                assert line["org_id"] == str(org_id)
                assert line["service"] == "things"
    (span,) = [one for one in collector.spans if one.name == "GET /v1/things"]
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (trace_id, "b7ad6b7169203331")


async def test_the_log_holds_no_query_and_no_token(environment: dict[str, str]) -> None:
    token = ISSUER.token(org_id=new_id())
    async with running(environment, "serve") as service, aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{(await service.said('serving'))['port']}/v1/things?ticket=hunter2"
        async with http.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status == 422
        await service.said("request")
        service.process.send_signal(signal.SIGTERM)
        await service.end()
        assert "hunter2" not in str(service.lines)
        assert token not in str(service.lines)


async def test_a_worker_puts_its_parts_down_in_order(environment: dict[str, str]) -> None:
    async with running(environment, "work") as service:
        await service.said("working")
        service.process.send_signal(signal.SIGTERM)
        assert await service.end() == 0
        await service.said("put down")


async def test_a_stubborn_part_is_dropped_in_time(environment: dict[str, str]) -> None:
    async with running(environment, "work", TEST_PARTS="stubborn waiting", SHUTDOWN_SECONDS="0.5") as service:
        await service.said("working")
        service.process.send_signal(signal.SIGTERM)
        assert await service.end() == 0


async def test_a_part_that_ends_takes_the_process_with_it(environment: dict[str, str]) -> None:
    async with running(environment, "work", TEST_PARTS="failing waiting") as service:
        assert await service.end() == 1
        line = await service.said("a part of the process ended")
        assert line["part"] == "Failing"
        assert "the part broke" in line["exception"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"DATABASE_API_URL": None}, "DATABASE_API_URL: Field required"),
        ({"DATABASE_API_URL": "DATABASE_OWNER_URL"}, "is not things_api"),
        ({"DATABASE_API_URL": "DATABASE_WORKER_URL"}, "is not things_api"),
        (
            {"ENVIRONMENT": "production", "RABBITMQ_URL": "amqp://development-only@x/"},
            "RABBITMQ_URL holds a development",
        ),
        ({"HTTP_PORT": "http"}, "HTTP_PORT"),
        ({"TEST_KEY": "c2hvcnQ"}, "a signing key is"),
    ],
)
async def test_a_start_that_is_refused(environment: dict[str, str], change: dict[str, Any], reason: str) -> None:
    changed = environment | {name: environment.get(value, value) for name, value in change.items() if value}
    for name in [name for name, value in change.items() if value is None]:
        del changed[name]
    code, out, err = await run(changed, "serve")
    assert code == 78, (out, err)
    assert err.startswith("things: refused to start: ")
    assert reason in err
    assert "Traceback" not in err + out


async def test_a_taken_port_is_named(environment: dict[str, str]) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    code, _, err = await run(environment, "serve", HTTP_PORT=str(port))
    server.close()
    assert (code, f"HTTP_PORT: cannot listen on 127.0.0.1:{port}" in err) == (78, True)


async def test_the_small_commands(environment: dict[str, str]) -> None:
    code, out, _ = await run({"PATH": environment["PATH"]}, "openapi")
    assert (code, json.loads(out)["info"]["title"]) == (0, "things")
    code, out, _ = await run({"PATH": environment["PATH"]}, "settings")
    assert code == 0
    assert "| `DATABASE_API_URL` | **required** |" in out
    assert "| `HTTP_PORT` | `8000` |" in out
    code, out, _ = await run(environment, "migrate")
    assert (code, out) == (0, ""), "nothing is left to apply"
    code, out, _ = await run(environment, "deadletters", "list")
    assert (code, out) == (0, "none\n")
    code, _, err = await run(environment, "deadletters", "show", str(new_id()))
    assert (code, err) == (1, "there is no such failed message\n")
    code, out, _ = await run(environment, "deadletters", "replay", "--dry-run")
    assert (code, out) == (0, "none\n")
    code, _, err = await run(environment, "topology", "apply")
    assert code == 1
    assert "was not applied" in err


async def test_stopped_while_waiting_for_postgres(environment: dict[str, str]) -> None:
    async with running(environment, "serve", DATABASE_API_URL="postgresql://things_api@127.0.0.1:1/x") as service:
        await service.said("waiting for Postgres")
        service.process.send_signal(signal.SIGTERM)
        assert await service.end() == 78


async def test_a_new_key_pair_can_be_made() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "chassis.keys", stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    private, public = (line.split()[1] for line in out.decode().splitlines())
    assert SigningKey.parse(private).public_text == public


async def test_what_was_put_aside_is_listed_shown_and_discarded(environment: dict[str, str]) -> None:
    failed_id = new_id()
    connection = await asyncpg.connect(environment["DATABASE_WORKER_URL"], server_settings={"search_path": "things"})
    await connection.execute(
        "INSERT INTO failed_messages (id, consumer, event_id, type, body, headers, error, error_group, state, attempts,"
        " first_failed_at, last_failed_at)"
        " VALUES ($1, 'things', $1, 'member.joined', 'the body', $2, 'it broke', 'it broke', 'dead', 1,"
        " now(), now())",
        failed_id,
        '{"headers": {}, "message_id": null}',
    )
    await connection.close()
    code, out, _ = await run(environment, "deadletters", "list", "--type", "member.joined")
    assert code == 0
    assert "things member.joined  it broke" in out
    assert str(failed_id) in out
    code, out, err = await run(environment, "deadletters", "show", str(failed_id))
    assert (code, "the body" in out) == (0, True), err
    code, out, _ = await run(environment, "deadletters", "replay", "--id", str(failed_id))
    assert (code, "1 failed" in out) == (1, True)
    code, out, _ = await run(
        environment, "deadletters", "discard", "--id", str(failed_id), "--reason", "test", "--by", "me"
    )
    assert (code, out) == (0, "discarded 1\n")
    code, out, _ = await run(environment, "deadletters", "list")
    assert (code, out) == (0, "none\n")
