"""The page of events."""

import re
from html.parser import HTMLParser

from contracts import asyncapi
from contracts.registry import EVENTS
from gateway.events_page import events_page


class Reader(HTMLParser):
    """Checks that tags close in order; collects ids and text."""

    VOID = frozenset({"meta", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def test_each_event_has_its_place_its_fields_and_an_example() -> None:
    page = read(events_page(asyncapi.document()))
    assert set(page.ids) == {model.type for model in EVENTS}
    for model in EVENTS:
        for field in model.model_fields:
            assert field in page.text
    assert "script" not in page.tags


def test_what_stands_between_backticks_is_code_and_nothing_else_is_markup() -> None:
    document = asyncapi.document()
    next(iter(document["channels"].values()))["description"] = "The `sequence<b>` of it."
    html = events_page(document)
    assert "The <code>sequence&lt;b&gt;</code> of it." in html
    body = html.partition("</style>")[2]
    assert "`" not in re.sub(r"<pre>.*?</pre>", "", body, flags=re.DOTALL)


def test_no_text_becomes_markup() -> None:
    document = asyncapi.document()
    channel = next(iter(document["channels"].values()))
    channel["description"] = "<script>alert(1)</script>"
    html = events_page(document)
    assert "<script" not in html
    assert re.search(r"&lt;script&gt;", html)
