from types import SimpleNamespace

from yarl import URL

from teams.api.cookies import RefreshCookies


def cookie_of(origin: str) -> dict:
    return RefreshCookies(SimpleNamespace(origin=URL(origin))).forget()["refresh_token"]  # type: ignore[arg-type,return-value]


def test_secure_where_the_product_is_reached_by_https() -> None:
    assert cookie_of("https://console.example.com")["secure"] is True
    assert cookie_of("http://localhost:8080")["secure"] is False


def test_no_script_reads_it_and_no_other_site_sends_it() -> None:
    cookie = cookie_of("https://console.example.com")
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/v1/auth"
