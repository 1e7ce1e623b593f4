"""What every command needs: its output, the data folder, and an API to speak to."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Self

import click
import httpx
import platformdirs

from everyword_events import Misconfigured, NotFound
from everyword_local.client import IN_PROCESS, Api
from everyword_local.composition import MODEL_KEY, Composition
from everyword_local.data_folder import DataFolder
from everyword_local.output import Output
from everyword_local.settings import FILE_NAME, SettingsFile

FAILED = 1
POLL_S = 0.3
SETTLED = ("ready", "failed", "removed")


@dataclass
class CommandContext(contextlib.AbstractContextManager["CommandContext"]):
    """The global options, made into things on first use and closed at the end."""

    output: Output
    data: Path
    chosen_data: Path | None = None
    api_url: str = ""
    key: str = ""
    model_key: str = ""
    config: Path | None = None
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
        default = environment.get("EVERYWORD_DATA") or platformdirs.user_data_dir("everyword")
        return cls(
            output=Output(as_json=as_json, quiet=quiet),
            data=data or Path(default),
            chosen_data=data,
            api_url=api or environment.get("EVERYWORD_API", ""),
            key=environment.get("EVERYWORD_KEY", ""),
            model_key=environment.get(MODEL_KEY, ""),
            config=config or (Path(config_name) if config_name else None),
        )

    def __exit__(self, *_: object) -> None:
        """Close what was opened."""
        self._closing.close()

    @cached_property
    def folder(self) -> DataFolder:
        """The data folder."""
        return DataFolder(self.data)

    @cached_property
    def settings(self) -> SettingsFile:
        """The settings: --config, else the data folder's own, else this directory's."""
        if self.config is not None:
            if not self.config.is_file():
                raise Misconfigured(
                    f"{self.config}: no such file", hint="check --config", code="config_missing"
                )
            return SettingsFile(self.config)
        own = self.data / FILE_NAME
        return SettingsFile(
            own if own.exists() or not Path(FILE_NAME).exists() else Path(FILE_NAME)
        )

    @cached_property
    def composition(self) -> Composition:
        """All services, composed in this process."""
        return self._closing.enter_context(
            Composition(self.folder, self.settings, model_key=self.model_key)
        )

    @cached_property
    def api(self) -> Api:
        """The API of --api, of the server on the data folder, or of services in this process."""
        url = self.api_url or self.folder.server_url()
        if url:
            return Api(url, key=self.key)
        from everyword_local.application import PATIENT, application  # noqa: PLC0415 - only where no server runs

        transport = httpx.ASGITransport(
            application(self.composition, limits=PATIENT), raise_app_exceptions=False
        )
        return Api(IN_PROCESS, transport=transport)

    def find_episode(self, name: str) -> str:
        """Return the id of the episode with this id, unique end of an id, or exact title.

        Raises:
            NotFound: there is none, or more than one.
        """
        with contextlib.suppress(NotFound):
            found: str = self.api.get(f"/v1/episodes/{name}")["episode_id"]
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
    def working(self) -> Iterator[None]:
        """See to it that queued work is done meanwhile: by the server, or by this process."""
        if not self.api.in_process:
            yield
            return
        with self.composition.at_work():
            yield

    def wait_for_quiet(self) -> None:
        """Wait until no delivery is queued or in work."""
        while self.api.get("/v1/health")["pending"]:
            time.sleep(POLL_S)

    def failed(self) -> NoReturn:
        """End the command with the exit code that says the work failed."""
        raise click.exceptions.Exit(FAILED)


pass_context = click.make_pass_decorator(CommandContext)


def option_wait(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--wait` to a command."""
    return click.option("--wait", is_flag=True, help="Wait until all of it is done.")(command)
