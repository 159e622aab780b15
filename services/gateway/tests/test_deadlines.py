"""Many waits under one timer: whoever is late is told, once, in order, and nobody else is."""

import asyncio

from gateway.deadlines import Deadlines


class Wait:
    def __init__(self, name: str, told: "list[str]") -> None:
        self.name, self._told = name, told
        self.over = asyncio.Event()

    def expire(self) -> None:
        self._told.append(self.name)
        self.over.set()


async def test_who_is_late_is_told_in_order_and_who_has_ended_is_not() -> None:
    told: list[str] = []
    deadlines = Deadlines(0.02)
    first, ended, last = Wait("first", told), Wait("ended", told), Wait("last", told)
    for wait in (first, ended, last):
        deadlines.begin(wait)
    deadlines.end(ended)
    await last.over.wait()
    deadlines.end(last)
    assert told == ["first", "last"]


async def test_nobody_is_told_early_though_an_earlier_wait_set_the_timer() -> None:
    told: list[str] = []
    loop = asyncio.get_running_loop()
    deadlines, others = Deadlines(0.05), Deadlines(0.01)
    ended, stays, meanwhile = Wait("ended", told), Wait("stays", told), Wait("meanwhile", [])
    deadlines.begin(ended)
    others.begin(meanwhile)
    await meanwhile.over.wait()
    begun = loop.time()
    deadlines.begin(stays)
    deadlines.end(ended)
    await stays.over.wait()
    assert loop.time() - begun >= 0.05
    assert told == ["stays"]


async def test_who_begins_after_all_were_told_is_told_too() -> None:
    told: list[str] = []
    deadlines = Deadlines(0.01)
    for name in ("one", "two"):
        wait = Wait(name, told)
        deadlines.begin(wait)
        await wait.over.wait()
    assert told == ["one", "two"]


async def test_nobody_is_told_after_the_end() -> None:
    told: list[str] = []
    deadlines, others = Deadlines(0.01), Deadlines(0.02)
    deadlines.begin(Wait("closed", told))
    deadlines.close()
    later = Wait("later", told)
    others.begin(later)
    await later.over.wait()
    assert told == ["later"]
