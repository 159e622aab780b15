import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.problems import Invalid
from teams.domain.people import (
    clean_email,
    clean_locale,
    clean_name,
    clean_password,
    clean_time_zone,
    same_address,
)

EMAIL = "ada@example.com"


def code_of(refused: pytest.ExceptionInfo[Invalid]) -> str:
    return refused.value.fields[0].code


@pytest.mark.parametrize(
    ("given_address", "normal"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada@EXAMPLE.com", "Ada@example.com"),
        ("ada+tag@sub.example.co.uk", "ada+tag@sub.example.co.uk"),
    ],
)
def test_an_address_gets_its_normal_form(given_address: str, normal: str) -> None:
    assert clean_email(given_address) == normal


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "a b@example.com",
        "ada@exa mple.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "Ada <ada@example.com>",
        "ada@[127.0.0.1]",
        '"a b"@example.com',
        "ädä@example.com",
        "x" * 65 + "@example.com",
        "ada@" + "x" * 250 + ".com",
        "ada@example.com,eve@example.com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_email(address)
    assert code_of(refused) == "email_invalid"


def test_addresses_are_the_same_whatever_their_case() -> None:
    assert same_address("Ada@example.com", "ada@EXAMPLE.com")
    assert not same_address("ada@example.com", "ada@example.org")


def test_markup_in_a_name_stays_as_it_is_written() -> None:
    assert clean_name("  <b>O'Hara & Søn</b> 株式会社 ") == "<b>O'Hara & Søn</b> 株式会社"


@pytest.mark.parametrize("name", ["Ada\r\nBcc: eve", "Ada\x00", "\u202eevil", "A\u200bda", "A\u2028da", "\x1b[31mred"])
def test_control_and_format_characters_are_refused_in_names(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_name(name)
    assert code_of(refused) == "control_character"


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_name_has_a_length(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_name(name, "/organization_name")
    assert code_of(refused) == "length"
    assert refused.value.fields[0].pointer == "/organization_name"


@given(st.text(max_size=150))
def test_a_name_is_refused_or_comes_out_clean_and_stays_so(name: str) -> None:
    try:
        cleaned = clean_name(name)
    except Invalid:
        return
    assert 1 <= len(cleaned) <= 100
    assert clean_name(cleaned) == cleaned
    assert not set(cleaned) & set("\r\n\t\x00\x7f")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_short"),
        ("x1y2" * 32 + "z", "password_long"),
        ("x1y2" * 32, "password_common"),
        ("qwertyuiop12", "password_common"),
        ("P@ssw0rd12345", "password_common"),
        ("iloveyouforever", "password_common"),
        ("ObjectaLabs2026", "password_personal"),
        ("AdaLovelace1815", "password_personal"),
        ("PasswordPassword", "password_common"),
        ("aaaaaaaaaaaaaaaa", "password_common"),
        ("abababababababab", "password_common"),
        ("my ADA@example.com 1", "password_is_email"),
    ],
)
def test_weak_passwords_are_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_password(password, email=EMAIL, name="Ada Lovelace")
    assert code_of(refused) == code


@pytest.mark.parametrize(
    "password", ["twelve chars", "        spaces count", "密码密码ü很长的密码短语句子", "tide wolf quartz " * 7]
)
def test_any_character_counts_and_no_composition_is_asked(password: str) -> None:
    assert clean_password(password, email=EMAIL) == password


def test_a_password_is_the_same_however_it_was_typed() -> None:
    composed, decomposed = "caf\u00e9 au lait au lit", "cafe\u0301 au lait au lit"
    assert clean_password(decomposed, email=EMAIL) == composed


@pytest.mark.parametrize("locale", ["en", "pt-BR", "zh-Hant-TW", "es-419"])
def test_language_tags(locale: str) -> None:
    assert clean_locale(locale) == locale


@pytest.mark.parametrize("locale", ["", "EN", "en_US", "en-us", "x" * 40, "en\n"])
def test_what_is_no_language_tag(locale: str) -> None:
    with pytest.raises(Invalid):
        clean_locale(locale)


def test_time_zones() -> None:
    assert clean_time_zone("Europe/Berlin") == "Europe/Berlin"
    for wrong in ("", "Europe/Atlantis", "../etc/passwd", "UTC+1"):
        with pytest.raises(Invalid):
            clean_time_zone(wrong)
