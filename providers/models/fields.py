"""A database column for secrets: sealed at rest, masked in every rendering, opened only by asking for it."""

from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from providers import vault


class Sealed:
    """A secret as stored. `str` and `repr` show dots; `open` gives it in clear or raises SecretUnreadable."""

    __slots__ = ("_stored",)

    def __init__(self, stored: str) -> None:
        self._stored = stored

    @classmethod
    def of(cls, plain: str) -> "Sealed":
        return cls(vault.seal(plain) if plain else "")

    def open(self) -> str:
        return vault.unseal(self._stored) if self._stored else ""

    @property
    def stored(self) -> str:
        return self._stored

    def __bool__(self) -> bool:
        return bool(self._stored)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.stored == self._stored

    def __hash__(self) -> int:
        return hash(self._stored)

    def __str__(self) -> str:
        return "••••••••" if self._stored else ""

    __repr__ = __str__


class _Sealing(DeferredAttribute):
    """Seals what is assigned, so that a secret in clear never sits on a row."""

    field: "SealedField"

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class SealedField(models.TextField):  # type: ignore[type-arg]  # django-stubs wants the set and get types of a column we retype
    """Holds a `Sealed`; a plain string given to it is sealed on the way in."""

    descriptor_class = _Sealing

    def from_db_value(self, value: str | None, *_: Any) -> Sealed:
        return Sealed(value or "")

    def to_python(self, value: Any) -> Sealed:
        return value if isinstance(value, Sealed) else Sealed.of(value or "")

    def get_prep_value(self, value: Any) -> str:
        return self.to_python(value).stored

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.to_python(self.value_from_object(obj)).stored)
