"""What is wrong in the databases of a data folder, and what to do about each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from everyword_events.sqlite.opener import problems_of
from everyword_local.data_folder import DataFolder

_MADE_AGAIN: Final = "start everyword again: it is made again from the event log"


def damaged_databases(folder: DataFolder) -> Iterator[tuple[Path, str, str]]:
    """Open and check every database that is there; yield the damaged: file, what is wrong, remedy.

    Takes as long as reading the files does.
    """
    remedies = {
        folder.bus: "stop everyword and restore it from a backup: it is the event log",
        folder.episodes: _MADE_AGAIN,
        folder.captions: _MADE_AGAIN,
        folder.index: _MADE_AGAIN,
        folder.replays: "stop everyword and delete it: replays under way are lost, ask for them"
        " again",
        folder.feeds: "restore it from a backup, or move it away and follow the feeds again",
        folder.notifications: "restore it from a backup, or move it away and make the webhooks and"
        " saved searches again",
        folder.keys: "restore it from a backup, or move it away and make new keys",
    }
    for path, remedy in remedies.items():
        found = problems_of(path)
        if not found and path.exists() and not path.stat().st_size and not _has_log(path):
            found = "it is empty"
        if found:
            yield path, found, remedy


def _has_log(path: Path) -> bool:
    """Tell whether a file's write-ahead log holds what is not in the file yet."""
    wal = path.with_name(f"{path.name}-wal")
    return wal.exists() and wal.stat().st_size > 0
