"""Backups are whole, private and few."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from brainarr_site import backups
from brainarr_site.backups import BackupFailed, back_up

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "brainarr.sqlite3"
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE kept (value)")
        made.execute("INSERT INTO kept VALUES ('dear')")
        made.commit()
    return path


def _values(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as read:
        return [value for (value,) in read.execute("SELECT value FROM kept")]


def test_a_backup_holds_what_was_committed_while_another_process_writes(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("INSERT INTO kept VALUES ('not yet')")

        backup = back_up(database, tmp_path / "backups", NOW)

    assert _values(backup) == ["dear"]
    assert backup.stat().st_mode & 0o777 == 0o600


def test_the_newest_five_are_kept(database: Path, tmp_path: Path) -> None:
    made = [back_up(database, tmp_path / "backups", NOW + timedelta(minutes=minute)) for minute in range(7)]

    assert sorted((tmp_path / "backups").glob("*.sqlite3")) == made[2:]


def test_a_backup_put_back_undoes_what_came_after(database: Path, tmp_path: Path) -> None:
    backup = back_up(database, tmp_path / "backups", NOW)
    with closing(sqlite3.connect(database)) as changed:
        changed.execute("DROP TABLE kept")
        changed.commit()

    backups.copy(backup, database)

    assert _values(database) == ["dear"]


def test_a_damaged_database_makes_no_backup(database: Path, tmp_path: Path) -> None:
    database.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)

    with pytest.raises(BackupFailed):
        back_up(database, tmp_path / "backups", NOW)

    assert list((tmp_path / "backups").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_failed_backup(database: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("in the way")

    with pytest.raises(BackupFailed, match="backups"):
        back_up(database, tmp_path / "backups", NOW)
