"""What every command needs: its output, the data folder, and an API to speak to."""

import contextlib
import functools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar
from urllib.parse import quote

import click

from everyword_events import Misconfigured, NotFound
from everyword_local import MODEL_KEY
from everyword_local.data_folder import (
    FILE_NAME,
    PRIVATE_UMASK,
    DataFolder,
    RunningServer,
    is_data_folder,
    running_server,
)
from everyword_local.output import Output

if TYPE_CHECKING:  # what a command does not use is not imported
    from pydantic import BaseModel

    from everyword_local.client import Api
    from everyword_local.composition import Composition
    from everyword_local.settings import SettingsFile

Section = TypeVar("Section", bound="BaseModel")
FAILED = 1
"""The environment variable that carries the language model's key."""
POLL_S = 0.3
POLL_IN_PROCESS_S = 0.05
SETTLED = ("ready", "failed", "removed")


@dataclass
class CommandContext(contextlib.AbstractContextManager["CommandContext"]):
    """The global options, made into things on first use and closed at the end."""

    output: Output
    chosen_data: Path | None = None
    usual_data: str = ""
    api_url: str = ""
    key: str = ""
    model_key: str = ""
    config: Path | None = None
    only_reads: bool = False
    _umask: int | None = None
    _closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str],
        *,
        data: Path | None,
        api: str | None,
        config: Path | None,
        as_json: bool,
        quiet: bool,
    ) -> Self:
        """Take the options given, else the environment's, else the defaults."""
        config_name = environment.get("EVERYWORD_CONFIG")
        return cls(
            output=Output(as_json=as_json, quiet=quiet),
            chosen_data=data,
            usual_data=environment.get("EVERYWORD_DATA", ""),
            api_url=api or environment.get("EVERYWORD_API", ""),
            key=environment.get("EVERYWORD_KEY", ""),
            model_key=environment.get(MODEL_KEY, ""),
            config=config or (Path(config_name) if config_name else None),
        )

    def __exit__(self, *_: object) -> None:
        """Close what was opened."""
        self._closing.close()

    @cached_property
    def data(self) -> Path:
        """The data folder's path: the option's, else the environment's, else the user's own."""
        return self.chosen_data or Path(self.usual_data or _default_data())

    @cached_property
    def folder(self) -> DataFolder:
        """The data folder."""
        return DataFolder(self.data)

    @cached_property
    def settings(self) -> "SettingsFile":
        """The settings: --config, else the data folder's own, else this directory's."""
        from everyword_local.settings import SettingsFile  # noqa: PLC0415 - all sections

        return SettingsFile(self._settings_path)

    @property
    def _settings_path(self) -> Path:
        if self.config is not None:
            if not self.config.is_file():
                raise Misconfigured(
                    f"{self.config}: no such file", hint="check --config", code="config_missing"
                )
            return self.config
        own = self.data / FILE_NAME
        return own if own.exists() or not Path(FILE_NAME).exists() else Path(FILE_NAME)

    def section(self, name: str, kind: type[Section], show: str = "") -> Section:
        """Return a service's settings for a show; no other service's are imported."""
        path = self._settings_path
        if not path.exists():
            return kind()
        from everyword_local.settings_reading import read_section  # noqa: PLC0415 - seldom needed

        return read_section(path, name, kind, show)

    def leaves_out(self, name: str) -> bool:
        """Tell whether the settings say nothing of a section: then its models need no import."""
        path = self._settings_path
        if not path.exists():
            return True
        from everyword_local.settings_sections import leaves_out  # noqa: PLC0415 - seldom needed

        return leaves_out(path, name)

    @cached_property
    def composition(self) -> "Composition":
        """All services, composed in this process; reading a folder that is none makes none."""
        from everyword_local.composition import Composition  # noqa: PLC0415 - all services

        self._umask = os.umask(PRIVATE_UMASK)
        self._closing.callback(os.umask, self._umask)
        folder = self.folder if self._may_write() else DataFolder(self._scratch())
        return self._closing.enter_context(
            Composition(folder, self.settings, model_key=self.model_key)
        )

    @cached_property
    def _server(self) -> RunningServer | None:
        """The server on the data folder, if one runs and no other was named."""
        return None if self.api_url else running_server(self.data)

    @property
    def in_process(self) -> bool:
        """Whether no server is asked, and the work is done here."""
        return not self.api_url and self._server is None

    @cached_property
    def api(self) -> "Api":
        """The API of --api, of the server on the data folder, or of services in this process."""
        from everyword_local.client import IN_PROCESS, Api  # noqa: PLC0415 - steps ask none

        if self.api_url:
            return Api(self.api_url, key=self.key)
        if self._server is not None:
            return Api(self._server.url, key=self.key or self._server.key)
        from everyword_local.in_process import in_process  # noqa: PLC0415 - no server runs

        return Api(IN_PROCESS, transport=in_process(self.composition))

    def find_episode(self, name: str) -> str:
        """Return the id of the episode with this id, unique end of an id, or exact title.

        Raises:
            NotFound: there is none, or more than one.
        """
        with contextlib.suppress(NotFound):
            found: str = self.api.get(f"/v1/episodes/{quote(name, safe='')}")["episode_id"]
            return found
        matches = [
            episode["episode_id"]
            for episode in self.api.pages("/v1/episodes", "episodes", limit=200)
            if episode["episode_id"].endswith(name) or episode["title"] == name
        ]
        if len(matches) == 1:
            return str(matches[0])
        raise NotFound(
            f"{len(matches) or 'no'} episodes are called {name!r}",
            hint="`everyword status` lists them with their ids",
            code="episode_missing",
        )

    @contextlib.contextmanager
    def working(self, *, much: bool = False) -> Iterator[None]:
        """See to it that queued work is done meanwhile: by the server, or by this process.

        For much of it, processes are started beside this one, as the server has them, before
        this one loads what answers requests.
        """
        if not self.in_process:
            yield
            return
        self._log_to_the_folder()
        with self.composition.at_much_work() if much else self.composition.at_work():
            yield

    @contextlib.contextmanager
    def fetching(self) -> Iterator[None]:
        """See to it that queued downloads are done meanwhile, and no other work."""
        if not self.api.in_process:
            yield
            return
        from everyword_local.composition import FETCHING  # noqa: PLC0415 - all services

        self._log_to_the_folder()
        with self.composition.at_work(FETCHING):
            yield

    @contextlib.contextmanager
    def replaying(self) -> Iterator[None]:
        """See to it that replays of many episodes go on meanwhile, but not what they cause."""
        if not self.api.in_process:
            yield
            return
        with self.composition.replaying():
            yield

    @contextlib.contextmanager
    def importing_feeds(self) -> Iterator[None]:
        """See to it that feeds are taken in meanwhile, but nothing of their audio is fetched."""
        if not self.api.in_process:
            yield
            return
        with self.composition.importing_feeds():
            yield

    def wait_for_quiet(self) -> None:
        """Wait until no delivery is queued or in work."""
        while self.api.get("/v1/health")["pending"]:
            time.sleep(POLL_S)

    def _log_to_the_folder(self) -> None:
        """Keep what this process logs beside what the server's processes do."""
        from everyword_local.logs import log_as_json  # noqa: PLC0415 - not where nothing is done

        if not os.environ.get("EVERYWORD_DEBUG"):
            log_as_json(self.composition.folder.logs / "command.log")

    def _may_write(self) -> bool:
        return not self.only_reads or is_data_folder(self.data) or self.data.is_file()

    def _scratch(self) -> Path:
        import tempfile  # noqa: PLC0415 - seldom needed

        made = tempfile.TemporaryDirectory(prefix="everyword-")
        return Path(self._closing.enter_context(made))

    def write_file(self, path: Path, data: bytes) -> None:
        """Write a file for the person, as readable as they have it; not as private as the data."""
        if self._umask is None:
            path.write_bytes(data)
            return
        before = os.umask(self._umask)
        try:
            path.write_bytes(data)
        finally:
            os.umask(before)

    def failed(self) -> NoReturn:
        """End the command with the exit code that says the work failed."""
        raise click.exceptions.Exit(FAILED)


pass_context = click.make_pass_decorator(CommandContext)


def pass_reading_context(command: Callable[..., Any]) -> Callable[..., Any]:
    """Pass the context to a command that reads, or changes what is there: it makes no folder."""

    @pass_context
    @functools.wraps(command)
    def reading(context: CommandContext, /, *args: Any, **kwargs: Any) -> Any:
        context.only_reads = True
        return command(context, *args, **kwargs)

    return reading


def _default_data() -> str:
    import platformdirs  # noqa: PLC0415 - not where a folder is named

    return platformdirs.user_data_dir("everyword")


def option_wait(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--wait` to a command."""
    return click.option("--wait", is_flag=True, help="Wait until all of it is done.")(command)
