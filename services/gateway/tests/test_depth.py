import json
from contextlib import suppress

import pytest

from chassis.problems import BadRequest
from gateway.depth import DepthGuard


def deepest(body: bytes, most: int, pieces: int) -> bool:
    """Whether the guard refuses the body, given in pieces of that size."""
    guard = DepthGuard(most)
    with suppress(BadRequest):
        for at in range(0, len(body), pieces):
            guard.feed(body[at : at + pieces])
        return False
    return True


STRINGS = json.dumps({"a": ["[[[[", 'quote " [[[', "back\\", "\\\\[[[", "ü[[["], "{{{{": {"b": "}}}"}}).encode()


@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 1000])
class TestDepth:
    def test_brackets_in_strings_do_not_count(self, pieces: int) -> None:
        assert not deepest(STRINGS, 2, pieces)
        assert deepest(STRINGS, 1, pieces)

    def test_breadth_is_no_depth(self, pieces: int) -> None:
        assert not deepest(json.dumps([[{}] * 50] * 50).encode(), 3, pieces)

    def test_the_bound_itself_is_allowed(self, pieces: int) -> None:
        assert not deepest(b"[" * 64 + b"]" * 64, 64, pieces)
        assert deepest(b"[" * 65, 64, pieces)
        assert deepest(b'{"a":' * 65, 64, pieces)
