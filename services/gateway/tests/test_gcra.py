"""The same decisions in the process and in Redis's script, step by step."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from gateway.gcra import SECOND, Limit, LocalCounts, Standing
from gateway.redis_gateway import SharedCounts, connect


def limit(requests: int, seconds: int, name: str = "user") -> Limit:
    return Limit(name, f"{name}:{uuid4()}", requests, seconds)


@pytest.fixture
async def shared(engines) -> AsyncIterator[SharedCounts]:
    async with AsyncExitStack() as stack:
        yield connect(engines.redis_url, stack)


class TestInTheProcess:
    def test_a_whole_quota_at_once_and_then_no_more(self) -> None:
        counts, seven = LocalCounts(), limit(7, 60)
        standings = [counts.take([seven], 0)[0] for _ in range(8)]
        assert [standing.remaining for standing in standings] == [6, 5, 4, 3, 2, 1, 0, 0]
        assert [standing.wait > 0 for standing in standings] == [False] * 7 + [True]

    def test_it_comes_back_evenly(self) -> None:
        counts, six = LocalCounts(), limit(6, 60)
        for _ in range(6):
            counts.take([six], 0)
        assert counts.take([six], 9 * SECOND)[0].wait == SECOND
        assert counts.take([six], 10 * SECOND)[0].wait == 0
        assert counts.take([six], 10 * SECOND)[0].wait == 10 * SECOND

    def test_a_refused_request_counts_on_no_limit(self) -> None:
        counts, wide, narrow = LocalCounts(), limit(10, 60, "organization"), limit(1, 60)
        counts.take([wide, narrow], 0)
        refused = counts.take([wide, narrow], 0)
        assert [standing.wait > 0 for standing in refused] == [False, True]
        assert [standing.remaining for standing in refused] == [9, 0]

    def test_the_key_unused_longest_is_forgotten(self) -> None:
        counts, first = LocalCounts(most_keys=2), limit(1, 60)
        for one in (first, limit(1, 60), limit(1, 60)):
            counts.take([one], 0)
        assert counts.take([first], 0)[0].wait == 0


class TestInRedis:
    async def test_a_whole_quota_at_once_and_then_no_more(self, shared: SharedCounts) -> None:
        seven = limit(7, 3600)
        standings = [(await shared.take([[seven]]))[0][0] for _ in range(8)]
        assert [standing.remaining for standing in standings] == [6, 5, 4, 3, 2, 1, 0, 0]
        assert [standing.wait > 0 for standing in standings] == [False] * 7 + [True]

    async def test_requests_of_one_call_see_each_other(self, shared: SharedCounts) -> None:
        wide, narrow = limit(10, 3600, "organization"), limit(2, 3600)
        answers = await shared.take([[wide, narrow]] * 4 + [[wide]])
        assert [[one.wait > 0 for one in answer] for answer in answers[:4]] == [[False, False]] * 2 + [
            [False, True]
        ] * 2
        assert [answer[0].remaining for answer in answers] == [9, 8, 8, 8, 7]

    async def test_a_quota_that_is_whole_again_leaves_nothing_behind(self, shared: SharedCounts, engines) -> None:
        from redis.asyncio import Redis

        one = limit(1000, 3600)
        standing: Standing = (await shared.take([[one]]))[0][0]
        async with Redis.from_url(engines.redis_url) as redis:
            left = await redis.pttl(f"gateway:limit:{one.key}")
        assert 0 < left <= standing.ahead / 1000 + 1
