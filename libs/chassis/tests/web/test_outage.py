"""Postgres away or too busy: 503 with Retry-After, and back to work when it is back."""

import asyncio
from typing import Any

import pytest

from chassis import pool as pool_module


async def test_away_and_back(world: Any, engines: Any) -> None:
    notes, headers = f"{world.url}/v1/notes", world.owner()
    async with world.http.get(notes, headers=headers) as answer:
        assert answer.status == 200
    await asyncio.to_thread(engines.postgres.stop)
    try:
        for method in ("get", "post"):
            body = {"json": {"title": "a"}} if method == "post" else {}
            async with getattr(world.http, method)(notes, headers=headers, **body) as answer:
                document = await answer.json(content_type=None)
                assert (answer.status, document["code"]) == (503, "database_unavailable")
                assert answer.headers["Retry-After"]
        async with world.http.get(f"{world.url}/health/ready") as answer:
            assert answer.status == 503
        async with world.http.get(f"{world.url}/health/live") as answer:
            assert answer.status == 200
    finally:
        await asyncio.to_thread(engines.postgres.start)
    async with world.http.get(notes, headers=headers) as answer:
        assert answer.status == 200


async def test_all_connections_taken(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "LEND_SECONDS", 0.1)
    pool = world.database.pool
    taken = [await pool.lend() for _ in range(pool.size)]
    async with world.http.get(f"{world.url}/v1/notes", headers=world.owner()) as answer:
        document = await answer.json(content_type=None)
    for lent in taken:
        pool.take_back_as_it_was(lent)
    assert (answer.status, document["code"]) == (503, "database_unavailable")
