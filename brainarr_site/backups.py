"""Copies of the SQLite database, made before an upgrade touches it and put back when the upgrade fails."""

import os
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

KEPT = 5


class BackupFailed(Exception):
    """No good copy could be made; the message says why."""


def back_up(database: Path, folder: Path, now: datetime) -> Path:
    """A checked copy of the database; the newest five are kept. Raises BackupFailed and leaves no half copy behind."""
    backup = folder / f"brainarr-{now:%Y%m%d-%H%M%S}.sqlite3"
    unfinished = backup.with_suffix(".new")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        copy(database, unfinished)
        _check(unfinished)
        unfinished.replace(backup)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise BackupFailed(str(error)) from error
    for old in sorted(folder.glob("brainarr-*.sqlite3"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return backup


def copy(source: Path, target: Path) -> None:
    """Copy one database over another, in one transaction; others may be reading both."""
    with closing(sqlite3.connect(source, timeout=30)) as read, closing(sqlite3.connect(target, timeout=30)) as written:
        read.backup(written)


def _check(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as opened:
        verdict = opened.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {verdict}")
    with backup.open("rb") as file:
        os.fsync(file.fileno())
