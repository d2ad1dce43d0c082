"""Which of many names came first under a key, in a SQLite file: a million of them take no memory."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class FirstSeen:
    """Names by key. The file is begun anew: what it says depends on the rows of one pass."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        self._connection.execute("CREATE TABLE names (key TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID")
        self._connection.execute("BEGIN")

    def before(self, key: str, name: str) -> str | None:
        """The name that came first under `key`; None if it is this one, which is kept."""
        if self._connection.execute("INSERT OR IGNORE INTO names VALUES (?, ?)", (key, name)).rowcount:
            return None
        return self._connection.execute("SELECT name FROM names WHERE key = ?", (key,)).fetchone()[0]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.execute("COMMIT")
        self._connection.close()
