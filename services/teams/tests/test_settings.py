import json

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from chassis.keys import SigningKey
from chassis.settings import StartRefused
from teams.settings import Settings

FERNET_KEY = Fernet.generate_key().decode()
KEY = SigningKey.generate().private_text
NEEDED = {
    "database_api_url": "postgresql://a@localhost/x",
    "database_worker_url": "postgresql://b@localhost/x",
    "rabbitmq_url": "amqp://localhost/",
    "rabbitmq_management_url": "http://localhost:15672",
    "internal_signing_key": KEY,
    "notifier_public_key": "x",
    "totp_seed_keys": ["x"],
    "sso_secret_keys": [FERNET_KEY],
}


def test_keys_come_as_a_json_list_from_the_environment(monkeypatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name.upper(), value if isinstance(value, str) else json.dumps(value))
    monkeypatch.setenv("SIGNING_KEYS", f'["{KEY}"]')
    monkeypatch.setenv("PUBLIC_URL", "https://console.example.com/some/path")
    settings = Settings()  # type: ignore[call-arg]
    assert settings.keys[0].private_text == KEY
    assert str(settings.origin) == "https://console.example.com"
    assert KEY not in repr(settings)


def test_without_a_key_no_start() -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(NEEDED | {"signing_keys": []})


def test_what_is_no_key_is_refused_with_a_sentence() -> None:
    settings = Settings.model_validate(NEEDED | {"signing_keys": ["abc"]})
    with pytest.raises(StartRefused, match="signing key"):
        _ = settings.keys


def test_what_is_no_key_for_second_factors_is_refused() -> None:
    settings = Settings.model_validate(NEEDED | {"signing_keys": [KEY]})
    with pytest.raises(StartRefused, match="TOTP_SEED_KEYS"):
        _ = settings.seed_vault


def test_what_is_no_key_for_secrets_is_refused_with_its_variable() -> None:
    settings = Settings.model_validate(NEEDED | {"signing_keys": [KEY], "sso_secret_keys": ["short"]})
    with pytest.raises(StartRefused, match="SSO_SECRET_KEYS"):
        _ = settings.vault
