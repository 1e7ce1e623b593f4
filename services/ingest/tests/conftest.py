"""The service on real adapters in a temporary folder, and real audio made by PyAV."""

import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
import pytest

from everyword_events import (
    EVERYONE,
    BlobRef,
    Event,
    EventData,
    InvalidInput,
    TransientFailure,
    new_run_id,
)
from everyword_events.sqlite.bus import SqliteBus
from everyword_storage import DirectoryBlobStore, DirectoryUploadSigner
from ingest import CONTRACT, IngestService, IngestSettings
from ingest.adapters.feed_document import read_feed
from ingest.adapters.fetching import HttpFetcher, Politeness
from ingest.adapters.probe import probe_audio
from ingest.adapters.sqlite import SqliteIngestTables
from ingest.contract import FETCH_CONTRACT
from ingest.domain import Progress
from ingest.ports import ReadTranscript, ReplayJob, ReplayTaken, TranscriptFile
from ingest.testing.feeds import MemoryFeedImports, MemoryFeedStore
from ingest.testing.web import Web as Served
from ingest.testing.web import serving
from ingest.web_sources import WebAdapters

RATE_HZ = 48_000


def read_vtt(file: TranscriptFile, language: str) -> ReadTranscript:
    """Read JSON, or a WebVTT file of one cue, as the captions service would."""
    if file.raw.startswith(b"{"):
        return ReadTranscript(file.raw)
    cue = rb"WEBVTT\n\n(\d+):([\d.]+) --> (\d+):([\d.]+)\n<v (\w+)>(.*)(\n?)"
    found = re.search(cue, file.raw)
    if found is None:
        raise InvalidInput(f"{file.name} is no WebVTT", code="transcript_invalid")
    start, end = (float(found[i]) * 60 + float(found[i + 1]) for i in (1, 3))
    segment = {"start": start, "end": end, "text": found[6].decode(), "speaker": found[5].decode()}
    form = {"language": language or "und", "segments": [segment]}
    warnings = () if found[7] else ("the last line has no end (line 4)",)
    return ReadTranscript(json.dumps(form).encode(), warnings)


class Clock:
    """A clock that goes a second further each time it is asked."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Board:
    """Progress, as a worker said it."""

    def __init__(self) -> None:
        self.said: dict[tuple[str, str], Progress] = {}

    def read(self, episode_id: str, run_id: str) -> Progress | None:
        return self.said.get((episode_id, run_id))


class Store(DirectoryBlobStore):
    """A store that can be made to fail."""

    full = False
    cannot_open = ""

    def put(self, key: str, body: bytes | BinaryIO, *, media_type: str) -> BlobRef:
        if self.full:
            raise TransientFailure("the disk is full", code="disk_full")
        return super().put(key, body, media_type=media_type)

    def open(self, ref: BlobRef) -> BinaryIO:
        if self.cannot_open and self.cannot_open in ref.uri:
            raise TransientFailure("the disk sleeps")
        return super().open(ref)


class Bus(SqliteBus):
    """A bus that can be unplugged."""

    unplugged = False

    def append(self, events: Sequence[Event]) -> None:
        if self.unplugged:
            raise TransientFailure("no power")
        super().append(events)


@dataclass
class World:
    """Ingest with everything around it."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    board: Board = field(default_factory=Board)
    settings: IngestSettings = field(default_factory=IngestSettings)
    replayed: list[ReplayJob] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus = Bus(self.folder / "bus.sqlite", [CONTRACT, FETCH_CONTRACT])
        self.blobs = Store(self.folder / "blobs")
        self.signer = DirectoryUploadSigner("http://127.0.0.1", b"0123456789abcdef", self.clock)
        self.tables = SqliteIngestTables(self.folder / "ingest.sqlite")
        self.web = WebAdapters(
            fetcher=HttpFetcher(
                allowed=lambda _: True, politeness=Politeness(at_once=8, delay_s=0)
            ),
            read_feed=read_feed,
            feeds=MemoryFeedStore(),
            feed_imports=MemoryFeedImports(),
            read_transcript=read_vtt,
            scratch=self.folder / "downloads",
        )
        self.service = IngestService(
            blobs=self.blobs,
            signer=self.signer,
            log=self.bus,
            episodes=self.tables,
            keys=self.tables,
            probe=probe_audio,
            replay=self._replay,
            settings_for=lambda _: self.settings,
            progress=self.board,
            clock=self.clock,
            web=self.web,
        )

    def close(self) -> None:
        self.bus.close()
        self.tables.close()

    def types(self, episode_id: str) -> list[str]:
        """Return what the journal says of an episode."""
        return [each.event.type for each in self.bus.of_episode(episode_id)]

    def last(self, episode_id: str) -> EventData:
        return self.bus.of_episode(episode_id)[-1].event.data

    def deliver(self) -> int:
        """Hand ingest all events that wait for it."""
        inbox, count = self.bus.inbox(CONTRACT.service), 0
        while deliveries := inbox.receive(most=50, visibility_s=60):
            for delivery in deliveries:
                self.bus.append(self.service.handle(delivery.event))
            inbox.acknowledge(deliveries)
            count += len(deliveries)
        return count

    def fetch(self) -> int:
        """Hand the `fetch` consumer all events that wait for it."""
        inbox, count = self.bus.inbox(FETCH_CONTRACT.service), 0
        while deliveries := inbox.receive(most=50, visibility_s=60):
            for delivery in deliveries:
                self.service.fetch_audio(delivery.event)
            inbox.acknowledge(deliveries)
            count += len(deliveries)
        return count

    def _replay(self, job: ReplayJob) -> ReplayTaken:
        self.replayed.append(job)
        done = []
        for episode_id in job.episode_ids:
            found = [
                each.event
                for each in self.bus.of_episode(episode_id)
                if each.event.type == job.event_type
            ]
            if found:
                again = found[-1].replayed(run_id=new_run_id(), audience=job.only or (EVERYONE,))
                self.bus.append([again])
                done.append(episode_id)
        return ReplayTaken(done)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


@cache
def make_audio(
    container: str,
    codec: str | None,
    *,
    seconds: float = 4.0,
    hz: float = 440.0,
    channels: int = 1,
    video: str | None = None,
    video_s: float | None = None,
    options: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """Return a file with a tone (silence at 0 Hz), and a picture track where one is named."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=dict(options)) as file:
        pictures = file.add_stream(video, rate=10) if video else None
        if pictures is not None:
            pictures.width = pictures.height = 64
            pictures.pix_fmt = "yuv420p"
        layout = "mono" if channels == 1 else "stereo"
        sound = file.add_stream(codec, rate=RATE_HZ, layout=layout) if codec else None
        if pictures is not None:
            for number in range(round((video_s or seconds) * 10)):
                shade = np.full((64, 64, 3), number % 251, np.uint8)
                picture = av.VideoFrame.from_ndarray(shade, format="rgb24")
                picture.pts = number
                file.mux(pictures.encode(picture))
            file.mux(pictures.encode(None))
        if sound is not None:
            times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
            tone = (np.sin(2 * np.pi * hz * times) * 8000).astype(np.int16)
            for start in range(0, len(tone), 1024):
                block = np.repeat(tone[start : start + 1024], channels).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(block, format="s16", layout=layout)
                frame.sample_rate, frame.pts = RATE_HZ, start
                frame.time_base = Fraction(1, RATE_HZ)
                file.mux(sound.encode(frame))
            file.mux(sound.encode(None))
    return out.getvalue()


@pytest.fixture(scope="session")
def audio() -> Callable[..., bytes]:
    """Make real files; the same one is made once."""
    return make_audio


@pytest.fixture(scope="session")
def wav() -> bytes:
    """Two seconds of a tone."""
    return make_audio("wav", "pcm_s16le", seconds=2.0)


@pytest.fixture
def web() -> Iterator[Served]:
    """Serve on loopback what a test says."""
    with serving() as web:
        yield web
