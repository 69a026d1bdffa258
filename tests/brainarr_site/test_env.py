"""The environment: unset boots, malformed stops with the variable's name and what was expected."""

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from brainarr_site import settings as loaded
from brainarr_site.env import Environment, SettingError

ROOT = Path(loaded.__file__).resolve().parent.parent


def _settings() -> dict[str, Any]:
    return runpy.run_path(loaded.__file__)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BRAINARR_DATA", str(tmp_path))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BRAINARR_PORT", "http"),
        ("BRAINARR_PORT", "0"),
        ("BRAINARR_DATABASE_URL", "mysql://me@server/brainarr"),
        ("BRAINARR_DATABASE_URL", "postgres://server:port/brainarr"),
        ("BRAINARR_DATABASE_URL", "postgres://me:secret@server"),
        ("BRAINARR_PORT", "70000"),
        ("BRAINARR_WORKERS", "-1"),
        ("BRAINARR_WORKERS", "2.5"),
        ("BRAINARR_WEB_THREADS", "many"),
        ("BRAINARR_DEBUG", "maybe"),
        ("BRAINARR_LOG_LEVEL", "loud"),
        ("BRAINARR_PUBLIC_URL", "brainarr.local"),
        ("BRAINARR_MUSICBRAINZ_URL", "ftp://musicbrainz.org"),
        ("BRAINARR_MUSICBRAINZ_RATE", "0"),
        ("BRAINARR_MUSICBRAINZ_RATE", "nan"),
        ("BRAINARR_CONTACT_URL", "http://"),
        ("BRAINARR_MAX_QUEUED_RUNS", "0"),
        ("BRAINARR_RUN_DEADLINE_MINUTES", "1e3"),
        ("BRAINARR_PROMPT_RETENTION_DAYS", "-1"),
        ("BRAINARR_SECRET_KEY", "short"),
        ("BRAINARR_ENCRYPTION_KEYS", "short"),
        ("BRAINARR_SECRET_KEY_FILE", "/nowhere/secret"),
        ("BRAINARR_DATA", "/proc/brainarr"),
    ],
)
def test_a_malformed_variable_stops_with_its_name(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingError, match=rf"\b{variable}\b.+(expected|cannot)"):
        _settings()


def test_nothing_set_boots_with_the_defaults(tmp_path: Path) -> None:
    settings = _settings()

    assert settings["PORT"] == 8787
    assert settings["DEBUG"] is False
    assert settings["DATABASES"]["default"]["NAME"] == tmp_path / "brainarr.sqlite3"


def test_a_postgresql_server_may_keep_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAINARR_DATABASE_URL", "postgres://me:p%40ss@db.example:5433/brainarr?sslmode=require")

    database = _settings()["DATABASES"]["default"]

    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.postgresql", "brainarr")
    assert (database["USER"], database["PASSWORD"]) == ("me", "p@ss")
    assert (database["HOST"], database["PORT"]) == ("db.example", "5433")
    assert database["OPTIONS"] == {"sslmode": "require"}


def test_a_malformed_database_address_is_not_repeated_for_it_holds_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAINARR_DATABASE_URL", "postgres://me:secret@server")

    with pytest.raises(SettingError) as stopped:
        _settings()

    assert "secret" not in str(stopped.value)


def test_secrets_made_at_the_first_start_are_found_again_and_are_the_owners_alone(tmp_path: Path) -> None:
    first, second = _settings(), _settings()

    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert first["SECRET_KEY"] != first["ENCRYPTION_KEYS"]
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("secret_key", "encryption_keys")] == [0o600, 0o600]


def test_an_emptied_secret_file_stops_instead_of_making_all_stored_secrets_unreadable(tmp_path: Path) -> None:
    (tmp_path / "encryption_keys").write_text("\n")

    with pytest.raises(SettingError, match="encryption_keys cannot be read"):
        _settings()


def test_a_value_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "port").write_text("9000\n")
    monkeypatch.setenv("BRAINARR_PORT_FILE", str(tmp_path / "port"))

    assert _settings()["PORT"] == 9000


def test_a_variable_and_its_file_together_stop() -> None:
    environment = Environment({"BRAINARR_PORT": "1", "BRAINARR_PORT_FILE": "/tmp/port"})

    with pytest.raises(SettingError, match="BRAINARR_PORT and BRAINARR_PORT_FILE are both set"):
        environment.text("BRAINARR_PORT")


def test_the_command_line_says_it_in_one_line(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "BRAINARR_DATA": str(tmp_path), "BRAINARR_PORT": "http"}
    command = [sys.executable, "manage.py", "up"]

    stopped = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    expected = "Brainarr cannot start: BRAINARR_PORT is 'http'; expected a whole number from 1 to 65535.\n"
    assert (stopped.returncode, stopped.stderr) == (1, expected)
