"""`everyword doctor`: what works on this machine, found out by trying it."""

import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import httpx

from everyword_events import EverywordError, Misconfigured, TransientFailure
from everyword_local.data_check import damaged_databases
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile
from refine.config import LanguageModelSettings
from transcribe_gpu.config import SpeechModelSettings
from transcribe_gpu.standalone import announced_engine, engines_here, model_library

LEAST_FREE_BYTES = 2 * 1024**3
DEFAULT_PORT = 8080
ANSWERS_IN_S = 5


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it works, in words, and whether Everyword needs it."""

    name: str
    ok: bool
    detail: str
    needed: bool = True


def examine(
    data: Path, settings: Callable[[], SettingsFile], *, model_key: str = ""
) -> Iterator[Finding]:
    """Look at Python, SQLite, decoders, engines, models, the data folder, settings and the port."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", (3, 11) <= sys.version_info < (3, 14), version)
    yield _full_text_search()
    yield Finding(
        "decoders",
        True,
        f"PyAV {av.__version__}, {len(av.codecs_available)} codecs, no ffmpeg needed",
    )
    yield from _engines(settings)
    yield from _models(settings, model_key)
    yield from _folder(data)
    yield _settings(settings)
    yield _port()


def _engines(read: Callable[[], SettingsFile]) -> Iterator[Finding]:
    """Say of each engine whether it works, and the command that makes it work."""
    try:
        models = read().of_show("").models
    except EverywordError:  # said where the settings are looked at
        models = SpeechModelSettings()
    for name, found in engines_here(model_library(models)):
        remedy = f" - {found.remedy}" if found.remedy else ""
        yield Finding(f"engine {name}", found.ok, f"{found.detail}{remedy}", needed=False)


def _models(read: Callable[[], SettingsFile], key: str) -> Iterator[Finding]:
    """Say which speech model the settings lead to, and whether their language model answers."""
    try:
        settings = read().of_show("")
    except EverywordError:  # said where the settings are looked at
        return
    needed = settings.transcribe.engine != "auto"
    try:
        said = announced_engine(settings.transcribe, settings.models)
    except EverywordError as error:
        yield Finding("speech model", False, _told(error), needed=needed)
    else:
        yield Finding("speech model", True, said, needed=needed)
    yield _language_model(settings.refine.model, key)


def _language_model(model: LanguageModelSettings, key: str) -> Finding:
    name = "language model"
    if model.provider == "off":
        return Finding(name, True, "off", needed=False)
    if model.provider == "bedrock":
        return Finding(name, True, f"{model.model} on Bedrock, not called from here", needed=False)
    try:
        known = _models_at(f"{model.url.rstrip('/')}/models", key)
    except EverywordError as error:
        return Finding(name, False, _told(error))
    if known and not {model.model, f"{model.model}:latest"} & known:  # some servers take any name
        detail = f"{model.url} does not list {model.model!r}"
        remedy = "fetch it there, or mend model in [refine.model]"
        return Finding(name, False, f"{detail} - {remedy}", needed=False)
    return Finding(name, True, f"{model.model} at {model.url}")


def _models_at(address: str, key: str) -> set[str]:
    """Return the models that a server lists; none where it answers in another form."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        reply = httpx.get(address, headers=headers, timeout=ANSWERS_IN_S)
        reply.raise_for_status()
        return {str(each["id"]) for each in reply.json()["data"]}
    except httpx.HTTPStatusError as error:
        raise Misconfigured(
            f"{address} answers {error.response.status_code}",
            hint="check url in [refine.model] and the key",
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TransientFailure(
            f"{address} does not answer: {error}",
            hint="start the server, or mend url in [refine.model]",
        ) from error
    except (ValueError, KeyError, TypeError):
        return set()


def _told(error: EverywordError) -> str:
    return f"{error.message} - {error.hint}" if error.hint else error.message


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
        yield Finding("data folder", False, _told(error))
        return
    url = folder.server_url()
    running = f", everyword runs on it at {url}" if url else ""
    yield Finding("data folder", True, f"{folder.root}{running}")
    free = shutil.disk_usage(folder.root).free
    detail = f"{free / 1024**3:.1f} GiB free"
    yield Finding("disk", free >= LEAST_FREE_BYTES, detail, needed=False)
    sound = True
    for path, found, remedy in damaged_databases(folder):
        sound = False
        yield Finding("database", False, f"{path} is damaged ({found}) - {remedy}")
    if sound:
        yield Finding("databases", True, "all that are there can be read")


def _settings(read: Callable[[], SettingsFile]) -> Finding:
    try:
        path = read().path
    except EverywordError as error:
        return Finding("settings", False, _told(error))
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
