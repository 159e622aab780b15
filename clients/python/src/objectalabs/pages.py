"""Lists, page by page."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")


class Page(Protocol[Item]):
    """What every list answers."""

    items: list[Item]

    @property
    def next_cursor(self) -> Any: ...


def every(operation: Callable[..., Page[Item]], **how: Any) -> Iterator[Item]:
    """Each item of a list, asking for the next page when it is needed: `every(get_members.sync, client=client)`."""
    cursor: str | None = None
    while True:
        page = operation(**how, **({"cursor": cursor} if cursor else {}))
        yield from page.items
        cursor = page.next_cursor or None
        if cursor is None:
            return


async def every_async(operation: Callable[..., Awaitable[Page[Item]]], **how: Any) -> AsyncIterator[Item]:
    """The same for asyncio: `async for member in every_async(get_members.asyncio, client=client)`."""
    cursor: str | None = None
    while True:
        page = await operation(**how, **({"cursor": cursor} if cursor else {}))
        for item in page.items:
            yield item
        cursor = page.next_cursor or None
        if cursor is None:
            return


def etag(version: int) -> str:
    """The `if_match` of a thing that was read with this `version`."""
    return f'"{version}"'
