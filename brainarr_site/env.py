"""Reads the environment once, typed; unset boots, malformed stops with the variable's name and what was expected."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class SettingError(Exception):
    """A variable holds something unusable; the message names it and says what was expected."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Brainarr's variables. Every `BRAINARR_X` may also be given as a file in `BRAINARR_X_FILE`."""

    variables: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        """The variable, else the content of the file `<name>_FILE` names, else the default."""
        value = self.variables.get(name, "").strip()
        path = self.variables.get(f"{name}_FILE", "").strip()
        if value and path:
            raise SettingError(f"{name} and {name}_FILE are both set; keep one of them.")
        if not path:
            return value or default
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            # A secret file that cannot be read must never pass for "not set".
            raise SettingError(f"{name}_FILE names {path}, which cannot be read ({error}); fix the path.") from error

    def integer(self, name: str, default: int, *, at_least: int, at_most: int) -> int:
        value = self.text(name, str(default))
        expected = f"{name} is {value!r}; expected a whole number from {at_least} to {at_most}."
        try:
            number = int(value)
        except ValueError:
            raise SettingError(expected) from None
        if not at_least <= number <= at_most:
            raise SettingError(expected)
        return number

    def number(self, name: str, default: float, *, above: float, at_most: float) -> float:
        value = self.text(name, str(default))
        expected = f"{name} is {value!r}; expected a number above {above} and at most {at_most}."
        try:
            number = float(value)
        except ValueError:
            raise SettingError(expected) from None
        if not above < number <= at_most:
            raise SettingError(expected)
        return number

    def switch(self, name: str, *, default: bool) -> bool:
        value = self.text(name, str(default)).lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise SettingError(f"{name} is {value!r}; expected true or false.")

    def choice(self, name: str, default: str, *, among: tuple[str, ...]) -> str:
        value = self.text(name, default).lower()
        if value not in among:
            raise SettingError(f"{name} is {value!r}; expected one of {', '.join(among)}.")
        return value

    def url(self, name: str, default: str) -> str:
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_usable = False
        if value and not is_usable:
            raise SettingError(f"{name} is {value!r}; expected an address like http://server:1234.")
        return value.rstrip("/")

    def database(self, name: str) -> dict[str, Any] | None:
        """Django's settings for the PostgreSQL server at postgres://user:password@host:port/database; None if unset.

        The query goes to the driver as it is, for example `?sslmode=require`.
        """
        value = self.text(name)
        if not value:
            return None
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in {"postgres", "postgresql"} or len(parts.path) < 2:
            # The value itself holds a password.
            raise SettingError(f"{name} cannot be used; expected postgres://user:password@host:5432/database.")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(port or ""),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(parse_qsl(parts.query)),
        }

    def words(self, name: str, default: str) -> list[str]:
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def folder(self, name: str, default: Path) -> Path:
        """An absolute folder, made if it is missing."""
        path = Path(self.text(name, str(default))).expanduser().absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(f"{name} is {path}, which cannot be made or used ({error}).") from error
        return path

    def lasting_secret(self, name: str, path: Path) -> str:
        """The variable, else the secret kept at `path`, made at the first start and readable by its owner only."""
        if value := self.text(name):
            if len(value) < 32:
                raise SettingError(f"{name} is too short; expected at least 32 characters.")
            return value
        try:
            return _kept_or_made(path)
        except OSError as error:
            raise SettingError(f"{path} cannot be read or written ({error}); check the data folder.") from error


def _kept_or_made(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        if kept := path.read_text(encoding="ascii").strip():
            return kept
        raise OSError("it is empty; restore it from a backup, or delete it to start afresh") from None
    # 32 random bytes in this alphabet serve Django's signatures and Fernet alike.
    fresh = base64.urlsafe_b64encode(os.urandom(32)).decode()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{fresh}\n")
    return fresh
