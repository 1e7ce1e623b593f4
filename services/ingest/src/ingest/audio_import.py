"""Audio that is fetched from its origin: requested, fetched, and taken in like an upload."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from everyword_events import (
    EpisodeCreated,
    EpisodeRemoved,
    Event,
    EverywordError,
    InvalidInput,
    LinkedFile,
    TransientFailure,
)
from everyword_storage import BlobStore, upload_key
from ingest.chapters import Chapters, read_chapters
from ingest.config import IngestSettings
from ingest.domain import AudioFacts
from ingest.domain.programme_start import from_the_audio_s_start
from ingest.domain.sniffing import HEAD_BYTES, Content, sniffed
from ingest.domain.transcript_quality import assess_transcript
from ingest.imports import Imported, ImportedTranscripts
from ingest.intake import Intake
from ingest.ports import (
    AudioProbe,
    Fetched,
    Fetcher,
    FetchRequest,
    TranscriptFile,
    TranscriptReader,
)

MOST_LINKED_BYTES: Final = 20_000_000
LINKED_TOTAL_S: Final = 60.0
_TIMED: Final = ("application/json", "text/vtt", "application/x-subrip", "application/srt")
"""The types of linked transcripts with times, the ones that say most first."""

_WHAT: Final[dict[Content, str]] = {
    "feed": "a podcast's feed",
    "page": "a web page",
    "data": "a text file",
}
log = logging.getLogger(__name__)


class AudioImport:
    """The handler of episodes that have an origin. It works in `scratch`, one file an episode."""

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        blobs: BlobStore,
        intake: Intake,
        probe: AudioProbe,
        transcripts: ImportedTranscripts,
        read_transcript: TranscriptReader,
        scratch: Path,
        settings_for: Callable[[str], IngestSettings],
    ) -> None:
        self._fetcher = fetcher
        self._blobs = blobs
        self._intake = intake
        self._probe = probe
        self._transcripts = transcripts
        self._read_transcript = read_transcript
        self._chapters = Chapters(blobs)
        self._scratch = scratch
        self._settings_for = settings_for

    def handle(self, event: Event) -> Sequence[Event]:
        """Fetch what an EpisodeCreated names and take it in.

        What is wrong with it is the episode's `error`; a server that fails now is asked again.

        Raises:
            TransientFailure: the server, the network or the disk fails.
        """
        created = event.data
        if isinstance(created, EpisodeRemoved):
            self.forget(event.meta.episode_id)
            return []
        if not isinstance(created, EpisodeCreated) or created.origin is None:
            return []
        if not self._intake.lacks_audio(event):
            return []
        try:
            self._fetch_audio(event, created)
        except InvalidInput as error:
            self._intake.reject(event, error)
            return []
        if self._intake.lacks_audio(event):  # it may have been removed meanwhile
            self._intake.finish(event)
        return []

    def forget(self, episode_id: str) -> None:
        """Delete what was fetched of a removed episode so far."""
        for file in self._scratch.glob(f"{episode_id}*"):
            file.unlink(missing_ok=True)

    def _fetch_audio(self, event: Event, created: EpisodeCreated) -> None:
        episode_id, origin = event.meta.episode_id, created.origin
        assert origin is not None
        settings = self._settings_for(created.episode.show)
        if self._blobs.stat(upload_key(episode_id)) is not None:
            return
        fetched = self._fetch(
            origin.url, episode_id, max_bytes=settings.max_bytes, total_s=settings.download_total_s
        )
        try:
            facts = check_audio(fetched, self._probe)
            if settings.feed_transcripts == "use":
                self._use_transcript(event, created, facts)
            self._keep_chapters(event, origin.chapters)
            with fetched.path.open("rb") as body:
                self._blobs.put(upload_key(episode_id), body, media_type=facts.media_type)
        finally:
            fetched.path.unlink(missing_ok=True)

    def _use_transcript(self, event: Event, created: EpisodeCreated, facts: AudioFacts) -> None:
        """Keep the first linked transcript that is good; then nothing is recognised."""
        assert created.origin is not None
        timed = [each for each in created.origin.transcripts if each.media_type in _TIMED]
        for link in sorted(timed, key=lambda each: _TIMED.index(each.media_type)):
            language = created.hints.language or link.language
            raw = self._fetch_linked(event, link)
            if raw is None:
                continue
            try:
                file = TranscriptFile(raw, urlsplit(link.url).path)
                read = self._read_transcript(file, language)
                imported = Imported.read(read.json, language=language)
            except InvalidInput as error:
                _log_unused(event, link, error.message)
                continue
            shifted = from_the_audio_s_start(imported.transcript, facts.duration_s)
            assessment = assess_transcript(shifted, facts.duration_s)
            if assessment.good:
                meta = event.meta
                self._transcripts.keep(imported, episode_id=meta.episode_id, run_id=meta.run_id)
                return
            _log_unused(event, link, assessment.reason)

    def _keep_chapters(self, event: Event, link: LinkedFile | None) -> None:
        raw = self._fetch_linked(event, link) if link is not None else None
        if link is None or raw is None:
            return
        try:
            chapters = read_chapters(raw)
        except InvalidInput as error:
            _log_unused(event, link, error.message)
            return
        meta = event.meta
        self._chapters.keep(chapters, episode_id=meta.episode_id, run_id=meta.run_id)

    def _fetch_linked(self, event: Event, link: LinkedFile) -> bytes | None:
        """Return a small file, or None where it cannot be had: the audio counts, not it."""
        name = f"{event.meta.episode_id}.linked"
        try:
            fetched = self._fetch(
                link.url, name, max_bytes=MOST_LINKED_BYTES, total_s=LINKED_TOTAL_S
            )
        except (InvalidInput, TransientFailure) as error:
            _log_unused(event, link, error.message)
            return None
        raw = fetched.path.read_bytes()
        fetched.path.unlink()
        return raw

    def _fetch(self, url: str, name: str, *, max_bytes: int, total_s: float) -> Fetched:
        self._scratch.mkdir(parents=True, exist_ok=True)
        request = FetchRequest(
            url=url, to=self._scratch / name, max_bytes=max_bytes, total_s=total_s
        )
        return self._fetcher.fetch(request)


def check_audio(fetched: Fetched, probe: AudioProbe) -> AudioFacts:
    """Return what a fetched file is.

    Raises:
        InvalidInput: it is no audio; a web page or a feed is called by its name.
    """
    with fetched.path.open("rb") as body:
        head = body.read(HEAD_BYTES)
        content = sniffed(head)
        if content in _WHAT and head:
            raise not_audio(fetched.url, content)
        return probe(body)


def not_audio(url: str, content: Content) -> EverywordError:
    """Return the error for an address that leads to something else than audio."""
    return InvalidInput(
        f"{urlsplit(url).hostname} sends {_WHAT[content]}, not audio",
        hint="add it with `everyword feeds add`"
        if content == "feed"
        else "give the address of the audio file itself, or of the podcast's feed",
        code="is_feed" if content == "feed" else "not_audio",
    )


def _log_unused(event: Event, link: LinkedFile, reason: str) -> None:
    log.info(
        "linked file not used",
        extra={
            "episode_id": event.meta.episode_id,
            "media_type": link.media_type,
            "reason": reason,
        },
    )
