"""everyword.toml: read, checked key by key, and overridden per show.

A wrong key is refused with the file, the line, the key and the nearest valid one.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from captions.config import CaptionsSettings
from everyword_local.settings_reading import read_sections
from ingest.config import IngestSettings, RetentionSettings
from refine.config import RefineSettings
from search.config import SearchSettings
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings


class ServerSettings(BaseModel):
    """Under which names people reach `everyword up`, and how many it serves at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...] = Field(
        (),
        description="The server's public host names, such as archive.example: requests under "
        "other names are refused; a server with a public name needs a key",
    )
    search_processes: int = Field(
        0,
        ge=0,
        le=64,
        description="So many processes of their own search, each on a core of its own and some "
        "70 MB large; 0: the server's own process does, which is enough for one show's website",
    )


class Settings(BaseModel):
    """All of everyword.toml for one show: a section per service, every key optional."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ingest: IngestSettings = Field(default_factory=IngestSettings)
    transcribe: TranscribeSettings = Field(default_factory=TranscribeSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    models: SpeechModelSettings = Field(default_factory=SpeechModelSettings)
    refine: RefineSettings = Field(default_factory=RefineSettings)
    captions: CaptionsSettings = Field(default_factory=CaptionsSettings)
    search: SearchSettings = Field(default_factory=SearchSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)


class SettingsFile:
    """The settings in a file, read again when the file changes; no file means all defaults."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._read_at: tuple[int, int] | None = None
        self._general = Settings()
        self._shows: dict[str, Settings] = {}
        self.refresh()

    def of_show(self, show: str) -> Settings:
        """Return the settings for one show.

        Raises:
            Misconfigured: the file was changed and is wrong now (code `config_invalid`).
        """
        self.refresh()
        return self._shows.get(show, self._general)

    @property
    def deletes(self) -> bool:
        """Whether any show's settings say that something is deleted in time."""
        self.refresh()
        every = (self._general, *self._shows.values())
        return any(each.retention.deletes for each in every)

    def stamp(self) -> tuple[int, int] | None:
        """Return what changes when the file does."""
        try:
            state = self.path.stat() if self.path is not None else None
        except OSError:
            return None
        return None if state is None else (state.st_mtime_ns, state.st_size)

    def refresh(self) -> None:
        """Read the file again if it changed since."""
        if self.path is None:
            return
        try:
            state = self.path.stat()
        except FileNotFoundError:
            return
        stamp = (state.st_mtime_ns, state.st_size)
        if stamp == self._read_at:
            return
        self._general, self._shows = read_settings(self.path)
        self._read_at = stamp


def read_settings(path: Path) -> tuple[Settings, dict[str, Settings]]:
    """Read a settings file: what holds in general, and what holds for each show named in it.

    Raises:
        Misconfigured: unreadable, not TOML, an unknown key or a value that does not fit.
    """
    return read_sections(path, Settings)
