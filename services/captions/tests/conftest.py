"""Transcripts and a service on real parts, for the tests of this folder."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from captions.adapters.sqlite import SqliteLatestCaptions
from captions.config import CaptionsSettings
from captions.service import CaptionsService
from everyword_events import (
    EpisodeChanged,
    EpisodeInfo,
    EpisodeRemoved,
    Event,
    EventData,
    TranscriptRefined,
    new_run_id,
)
from everyword_storage import BlobStore
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import Segment, Speaker, Transcript, Word, write_transcript

Spoken = Callable[..., Transcript]


@pytest.fixture
def spoken() -> Spoken:
    """Build a transcript of `(speaker, text)` turns, a word every 0.3 s, 0.5 s between turns."""

    def build(
        *turns: tuple[str | None, str],
        language: str = "en",
        names: Sequence[tuple[str, str | None]] = (),
        word_s: float = 0.3,
        pause_s: float = 0.5,
    ) -> Transcript:
        clock, segments = 0.0, []
        for speaker, text in turns:
            words = []
            for word in text.split(" "):
                words.append(Word(word, clock, clock + word_s * 0.9, 0.9, speaker))
                clock += word_s
            segments.append(Segment.of(words, speaker=speaker, language=language))
            clock += pause_s
        labels = dict.fromkeys(speaker for speaker, _ in turns if speaker is not None)
        speakers = [Speaker(label) for label in labels if label not in dict(names)]
        return Transcript(
            language,
            clock,
            tuple(segments),
            (*speakers, *(Speaker(label, name) for label, name in names)),
        )

    return build


class Stage:
    """A captions service on SQLite and a directory, and the events to feed it."""

    def __init__(self, folder: Path) -> None:
        self.blobs: BlobStore = DirectoryBlobStore(folder / "blobs")
        self.latest = SqliteLatestCaptions(folder / "captions.sqlite3")
        self.settings: dict[str, CaptionsSettings] = {}
        self.service = CaptionsService(
            self.blobs, lambda show: self.settings.get(show, CaptionsSettings()), self.latest
        )
        self.episode_id = new_run_id()

    def info(self, title: str = "One", *, day: int = 1, show: str = "Show") -> EpisodeInfo:
        return EpisodeInfo(show=show, title=title, as_of=datetime(2026, 1, day, tzinfo=UTC))

    def event(self, data: EventData, run_id: str | None = None) -> Event:
        return Event.first("test", data, episode_id=self.episode_id, run_id=run_id or new_run_id())

    def refined(
        self, transcript: Transcript, *, run_id: str | None = None, info: EpisodeInfo | None = None
    ) -> Event:
        run_id = run_id or new_run_id()
        ref = self.blobs.put(
            f"episodes/{self.episode_id}/{run_id}/refined.json",
            write_transcript(transcript),
            media_type="application/json",
        )
        return self.event(
            TranscriptRefined(
                episode=info or self.info(),
                transcript=ref,
                language=transcript.language,
                duration_s=transcript.duration_s,
                words=transcript.n_words(),
            ),
            run_id,
        )

    def changed(self, title: str, *, day: int) -> Event:
        return self.event(EpisodeChanged(episode=self.info(title, day=day)))

    def removed(self) -> Event:
        return self.event(EpisodeRemoved())

    def text(self, format_name: str, run_id: str | None = None) -> str:
        return self.service.read(self.service.file(self.episode_id, format_name, run_id)).decode()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)
