"""The choice of public shows, in one SQLite file."""

from pathlib import Path
from typing import Final

from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.opener import Schema
from everyword_http.public_shows import Choice

SCHEMA: Final = Schema(
    "the choice of public shows",
    1,
    "CREATE TABLE shows (folded TEXT PRIMARY KEY, name TEXT NOT NULL, choice TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;",
)


class SqliteShowChoices:
    """A `ShowChoices` over one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._database = SqliteDatabase(path, SCHEMA)

    def choose(self, folded: str, name: str, choice: Choice) -> None:
        """Keep a choice, in the place of the one before."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO shows VALUES (?, ?, ?)", (folded, name, choice)
            )

    def choices(self) -> dict[str, Choice]:
        """Return what was chosen, by the folded name."""
        return dict(self._database.read("SELECT folded, choice FROM shows"))

    def close(self) -> None:
        """Close the file."""
        self._database.close()
