"""`everyword doctor`: what works on this machine, found out by trying it."""

import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from everyword_events import EverywordError
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile
from transcribe_gpu.config import ModelSettings
from transcribe_gpu.standalone import engines_here, model_library

LEAST_FREE_BYTES = 2 * 1024**3
DEFAULT_PORT = 8080


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it works, in words, and whether Everyword needs it."""

    name: str
    ok: bool
    detail: str
    needed: bool = True


def examine(data: Path, settings: Callable[[], SettingsFile]) -> Iterator[Finding]:
    """Look at Python, SQLite, decoders, engines, the data folder, settings and the port."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", (3, 11) <= sys.version_info < (3, 14), version)
    yield _full_text_search()
    yield Finding(
        "decoders",
        True,
        f"PyAV {av.__version__}, {len(av.codecs_available)} codecs, no ffmpeg needed",
    )
    yield from _engines(settings)
    yield from _folder(data)
    yield _settings(settings)
    yield _port()


def _engines(read: Callable[[], SettingsFile]) -> Iterator[Finding]:
    """Say of each engine whether it works, and the command that makes it work."""
    try:
        models = read().of_show("").models
    except EverywordError:  # said where the settings are looked at
        models = ModelSettings()
    for name, found in engines_here(model_library(models)):
        remedy = f" - {found.remedy}" if found.remedy else ""
        yield Finding(f"engine {name}", found.ok, f"{found.detail}{remedy}", needed=False)


def _full_text_search() -> Finding:
    try:
        with sqlite3.connect(":memory:") as db:
            db.execute("create virtual table t using fts5(x)")
    except sqlite3.OperationalError as error:
        return Finding("index", False, f"SQLite {sqlite3.sqlite_version} without FTS5: {error}")
    return Finding("index", True, f"SQLite {sqlite3.sqlite_version} with FTS5")


def _folder(data: Path) -> Iterator[Finding]:
    if not data.exists():
        yield Finding("data folder", True, f"{data} is made when something is added")
        return
    try:
        folder = DataFolder(data)
    except EverywordError as error:
        yield Finding("data folder", False, f"{error.message} - {error.hint}")
        return
    url = folder.server_url()
    running = f", everyword runs on it at {url}" if url else ""
    yield Finding("data folder", True, f"{folder.root}{running}")
    free = shutil.disk_usage(folder.root).free
    detail = f"{free / 1024**3:.1f} GiB free"
    yield Finding("disk", free >= LEAST_FREE_BYTES, detail, needed=False)


def _settings(read: Callable[[], SettingsFile]) -> Finding:
    try:
        path = read().path
    except EverywordError as error:
        return Finding("settings", False, f"{error.message} - {error.hint}")
    found = path is not None and path.exists()
    return Finding("settings", True, str(path) if found else "all defaults")


def _port() -> Finding:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", DEFAULT_PORT))
        except OSError:
            detail = f"{DEFAULT_PORT} is in use: choose another with `everyword up --port`"
            return Finding("port", False, detail, needed=False)
    return Finding("port", True, f"{DEFAULT_PORT} is free", needed=False)
