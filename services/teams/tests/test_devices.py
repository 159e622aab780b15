import pytest

from teams.devices import UNKNOWN, device_name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
            "Safari/537.36",
            "Chrome on Windows",
        ),
        ("our-robot/2.1 (nightly)", "our-robot"),
        ("", UNKNOWN),
        ("\udcff\udcfe", UNKNOWN),
    ],
)
def test_a_device_is_named_as_its_owner_knows_it(header: str, name: str) -> None:
    assert device_name(header) == name


@pytest.mark.parametrize("hostile", ["x" * 10_000, "Firefox\udcff/1.0", "(" * 5000, "A\u202eB/1 " * 100])
def test_whatever_is_sent_a_name_is_short_and_printable(hostile: str) -> None:
    name = device_name(hostile)
    assert 0 < len(name) <= 80
    assert name.isprintable()
