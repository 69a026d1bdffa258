"""Which migrations this code has and the database has not, found without importing any of them."""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


def unapplied_migrations() -> list[str]:
    """As "app.name", sorted. Raises django.db.Error when the database cannot be read."""
    applied = MigrationRecorder(connection).applied_migrations()
    return [f"{app}.{name}" for app, name in _shipped() if (app, name) not in applied]


@cache
def _shipped() -> tuple[tuple[str, str], ...]:
    """Importing migrations, as Django's own loader does, would cost the web process megabytes for good."""
    return tuple(sorted(_found()))


def _found() -> Iterator[tuple[str, str]]:
    for app in apps.get_app_configs():
        package = find_spec(f"{app.name}.migrations")
        if package is not None:
            for module in pkgutil.iter_modules(package.submodule_search_locations):
                yield app.label, module.name
