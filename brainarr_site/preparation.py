"""Brings the database up to the code before anything works on it: a backup first, then the migrations."""

import logging
import sqlite3
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from brainarr_site import backups, owner
from brainarr_site.schema import unapplied_migrations

logger = logging.getLogger(__name__)


def prepare() -> None:
    """Runs in a process of its own, so that what migrations import is gone afterwards. Exits with a message on failure.

    A failed migration leaves the database as it was, even when others before it had succeeded: the version before
    this one must still be able to start.
    """
    try:
        missing = unapplied_migrations()
        backup = _backup() if missing else None
    except Error as error:
        sys.exit(f"Brainarr did not start: the database cannot be read ({error}); look at {settings.DATA_DIR}.")
    if missing:
        _migrate(missing, backup)
    if greeting := owner.welcome():
        sys.stdout.write(f"{greeting}\n")
        sys.stdout.flush()


def _migrate(missing: list[str], backup: Path | None) -> None:
    logger.info("Applying %d migrations, %s first", len(missing), missing[0])
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except Exception as error:
        # A migration may raise anything, and whatever it is, the data comes first.
        logger.exception("A migration failed")
        sys.exit(_put_back(backup, error))


def _backup() -> Path | None:
    """None for a database that is new, or is not a file of ours to copy."""
    if connection.vendor != "sqlite" or not MigrationRecorder(connection).applied_migrations():
        return None
    try:
        return backups.back_up(Path(connection.settings_dict["NAME"]), _folder(), timezone.now())
    except backups.BackupFailed as error:
        sys.exit(
            f"Brainarr did not start: the backup before the upgrade failed ({error}). Your data is untouched. "
            f"Make room in {_folder()} or mend its permissions, then start again."
        )


def _put_back(backup: Path | None, error: Exception) -> str:
    if backup is None:
        return f"Brainarr did not start: the database could not be set up ({error}). Mend that, then start again."
    connection.close()
    try:
        backups.copy(backup, Path(connection.settings_dict["NAME"]))
    except sqlite3.Error as second:
        return (
            f"Brainarr did not start: the upgrade of the database failed ({error}), and so did putting the backup "
            f"back ({second}). Copy {backup} over {connection.settings_dict['NAME']} before you start again."
        )
    return (
        f"Brainarr did not start: the upgrade of the database failed ({error}). Your data is as it was before; "
        f"a copy is {backup}. Run the version you had, and report this message."
    )


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "backups"
