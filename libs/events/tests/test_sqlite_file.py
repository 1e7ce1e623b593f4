"""What opening a SQLite file does to older ones, and what is left of what was deleted."""

import random
import sqlite3
import time
from pathlib import Path

import pytest

from everyword_events import Misconfigured, ServiceContract, TranscriptReady, TransientFailure
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.sqlite.compaction import compact_due
from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.opener import Schema, connect, translated

GOLDEN = Path(__file__).parent / "golden"
REFINE = (ServiceContract("refine", consumes=(TranscriptReady,)),)
NOTES = Schema(
    name="table of notes",
    version=1,
    script="CREATE TABLE notes (note TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;",
)


def test_a_log_of_version_1_is_lifted_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite"
    old = sqlite3.connect(path)
    old.executescript((GOLDEN / "bus.v1.sql").read_text())
    old.close()
    with SqliteBus(path, REFINE) as bus:
        texts = [each.event.data.language for each in bus.scan()]  # type: ignore[attr-defined]
        assert texts == ["en", "de", "sv"]
        (dead,) = bus.list()
        assert (dead.code, dead.dead_letter_id) == ("too_bad", "1")
        inbox = bus.inbox("refine")
        bus.release_claims("refine")
        (first,) = inbox.receive(most=5, visibility_s=60)
        assert (first.event.data.language, first.attempt) == ("de", 1)  # type: ignore[attr-defined]
        inbox.acknowledge([first])
        assert bus.redrive(["1"]) == 1
        (again,) = inbox.receive(most=5, visibility_s=60)
        assert again.event.data.language == "sv"  # type: ignore[attr-defined]


def test_a_projection_that_no_step_lifts_is_emptied_and_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    first = connect(path, NOTES)
    first.execute("INSERT INTO notes VALUES ('a', 'b')")
    first.close()
    newer = Schema(name=NOTES.name, version=3, script=NOTES.script, projection=True)
    second = connect(path, newer)
    assert second.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    second.close()
    with pytest.raises(Misconfigured, match="newer") as refused:
        connect(path, NOTES)
    assert "data folder" in refused.value.hint


def test_compacting_leaves_nothing_of_what_was_deleted(tmp_path: Path) -> None:
    """Overwriting alone does not do it: rows that moved leave copies of themselves behind."""
    path = tmp_path / "notes.sqlite"
    file, chance = SqliteDatabase(path, NOTES), random.Random(1)
    numbers = list(range(800))
    chance.shuffle(numbers)
    for start in range(0, 800, 100):
        with file.write() as db:
            for number in numbers[start : start + 100]:
                said = ("secret " if number % 3 else "public ") * chance.randint(1, 60)
                db.execute("INSERT INTO notes VALUES (?, ?)", (f"{chance.random()}", said))
    with file.write() as db:
        db.execute("DELETE FROM notes WHERE text LIKE 'secret%'")
    file.forget_history()
    assert compact_due(tmp_path, quiet_s=60) == 0  # more may be deleted
    assert compact_due(tmp_path, quiet_s=0) == 1
    assert compact_due(tmp_path, quiet_s=0) == 0
    assert b"secret" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert file.read("SELECT count(*) FROM notes") == [(267,)]
    file.close()


def test_a_file_that_somebody_reads_is_compacted_later(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    file = SqliteDatabase(path, NOTES)
    file.forget_history()
    path.rename(tmp_path / "elsewhere")
    path.mkdir()  # it cannot be opened
    assert compact_due(tmp_path, quiet_s=0) == 0
    (marker,) = tmp_path.glob("*.uncompacted")
    assert marker.stat().st_mtime > time.time()
    file.close()


@pytest.mark.parametrize("name", ["SQLITE_PROTOCOL", "SQLITE_SCHEMA", "SQLITE_BUSY_SNAPSHOT"])
def test_what_a_loaded_machine_or_a_compaction_causes_is_tried_again(
    name: str, tmp_path: Path
) -> None:
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorname = name
    with pytest.raises(TransientFailure), translated(tmp_path / "x", NOTES):
        raise error
