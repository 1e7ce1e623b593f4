"""The data folder: where everything lies, who wrote it, and whether a server runs on it."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from everyword_events import Misconfigured

FILE_NAME = "everyword.toml"
FORMAT = 1
OWNER_ONLY = 0o700
PRIVATE_UMASK = 0o077
KEY_BYTES = 32


class RunningServer(NamedTuple):
    """A server's address, and the key by which the folder's owner uses it."""

    url: str
    key: str


class DataFolder:
    """One folder that holds all of an installation's data. Opening it creates what is missing.

    Raises:
        Misconfigured: the folder cannot be written (`data_not_writable`), a newer version of
            everyword wrote it (`data_too_new`), or its format.json is damaged (`data_damaged`).
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        import tempfile  # noqa: PLC0415 - commands that only look start without it

        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
            mode = self.root.stat().st_mode
            if mode & PRIVATE_UMASK:  # whoever made it: words of others lie in it
                self.root.chmod(mode & OWNER_ONLY)
            self._check_format()
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise Misconfigured(
                f"cannot write to the data folder {self.root}: {error.strerror}",
                hint="choose another with --data, or mend its permissions",
                code="data_not_writable",
            ) from error

    @property
    def bus(self) -> Path:
        """The journal, the queues and the dead letters."""
        return self.root / "bus.sqlite"

    @property
    def episodes(self) -> Path:
        """Ingest's view of the episodes (a projection)."""
        return self.root / "episodes.sqlite"

    @property
    def replays(self) -> Path:
        """Replays of many episodes, and how far they are."""
        return self.root / "replays.sqlite"

    @property
    def captions(self) -> Path:
        """Which captions are an episode's latest (a projection)."""
        return self.root / "captions.sqlite"

    @property
    def index(self) -> Path:
        """The word index (a projection)."""
        return self.root / "words.sqlite"

    @property
    def keys(self) -> Path:
        """API keys, as digests."""
        return self.root / "keys.sqlite"

    @property
    def blobs(self) -> Path:
        """Audio, transcripts and captions."""
        return self.root / "blobs"

    @property
    def public_shows(self) -> Path:
        """Which shows those without a key may read."""
        return self.root / "shows.sqlite"

    @property
    def logs(self) -> Path:
        """What each process logged."""
        return self.root / "logs"

    @property
    def feeds(self) -> Path:
        """The podcast feeds that are followed."""
        return self.root / "feeds.sqlite"

    @property
    def notifications(self) -> Path:
        """Results to be fetched, webhooks and saved searches."""
        return self.root / "notifications.sqlite"

    @property
    def uploads(self) -> Path:
        """The parts of large uploads that are under way."""
        return self.root / "uploads"

    @property
    def downloads(self) -> Path:
        """What is being fetched from the web."""
        return self.root / "downloads"

    @property
    def progress(self) -> Path:
        """How far the work in hand is."""
        return self.root / "progress"

    @property
    def settings(self) -> Path:
        """This installation's own everyword.toml."""
        return self.root / FILE_NAME

    def secret(self) -> bytes:
        """Return the key that signs upload addresses, made on first use."""
        import secrets  # noqa: PLC0415 - as above

        handle = os.open(self.root / "upload.key", os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            key = file.read()
            if len(key) < 2 * KEY_BYTES:  # new, or its maker was killed while it wrote
                key = secrets.token_hex(KEY_BYTES).encode()
                file.seek(0)
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
        return key

    @contextlib.contextmanager
    def serving(self, url: str, key: str = "") -> Iterator[None]:
        """Hold the folder for one server and leave its address and its owner's key in it.

        Raises:
            Misconfigured: another server holds it (`data_in_use`).
        """
        with (self.root / "server.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                there = _address(self.root)
                raise Misconfigured(
                    f"another everyword runs on {self.root}",
                    hint=f"use it at {there.url if there else 'its address'}, or stop it first",
                    code="data_in_use",
                ) from None
            address = self.root / "server.json"
            try:
                address.write_text(json.dumps({"url": url, "pid": os.getpid(), "key": key}))
                yield
            finally:
                address.unlink(missing_ok=True)

    def server_url(self) -> str | None:
        """Return the address of the server that runs on this folder now, or None."""
        found = running_server(self.root)
        return found.url if found else None

    def _check_format(self) -> None:
        import tempfile  # noqa: PLC0415 - as above

        path = self.root / "format.json"
        try:
            written = json.loads(path.read_text())["format"]
        except FileNotFoundError:
            with tempfile.TemporaryDirectory(dir=self.root, prefix=".") as scratch:
                made = Path(scratch) / path.name
                made.write_text(json.dumps({"format": FORMAT}))
                made.replace(path)  # another process reads all of it or none
            return
        except (ValueError, KeyError, TypeError):
            written = None
        if not isinstance(written, int):
            raise Misconfigured(
                f"{path} is damaged",
                hint="restore it from a backup, or choose another folder with --data",
                code="data_damaged",
            )
        if written > FORMAT:
            raise Misconfigured(
                f"{self.root} was written by a newer everyword (format {written})",
                hint="update everyword, or choose another folder with --data",
                code="data_too_new",
            )


def is_data_folder(root: Path) -> bool:
    """Tell whether an everyword has used this folder; nothing is made."""
    return (root / "format.json").exists()


def running_server(root: Path) -> RunningServer | None:
    """Return the server that runs on a folder now, or None; nothing is made."""
    try:
        with (root / "server.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _address(root)
    except OSError:
        return None
    return None


def _address(root: Path) -> RunningServer | None:
    try:
        found = json.loads((root / "server.json").read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    return RunningServer(str(found.get("url")), str(found.get("key", "")))
