"""Ingest's use cases: take episodes in, tell of them, change, remove and replay them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import dropwhile
from pathlib import Path
from typing import Any, BinaryIO

import everyword_transcripts as transcripts  # what reads one is loaded by the first
from everyword_events import (
    AudioRemoved,
    AudioUploaded,
    Conflict,
    EpisodeChanged,
    EpisodeCreated,
    EpisodeInfo,
    EpisodeOrigin,
    Event,
    EventLog,
    InvalidInput,
    Misconfigured,
    Recorded,
    RunsRemoved,
    TranscriptReady,
    UploadRejected,
    removal_of,
)
from everyword_events.replay import DIARIZE
from everyword_storage import BlobStore, MultipartUploads, UploadSigner, episode_prefix, upload_key
from everyword_storage.clock import utc_now
from ingest.audio_import import not_audio
from ingest.chapters import Chapters
from ingest.config import IngestSettings, RetentionSettings
from ingest.contract import CONTRACT
from ingest.domain import REPLAYABLE, EpisodeChange, EpisodeView, NewEpisode, State
from ingest.domain.languages import checked_language
from ingest.domain.metadata import FACTS, checked_link, checked_title
from ingest.domain.outcome import finished
from ingest.domain.sniffing import sniffed
from ingest.duplicates import DuplicateDetection
from ingest.episodes import Episodes, quietly
from ingest.feeds import Feeds
from ingest.idempotency import IdempotentRequests
from ingest.imports import ImportedTranscripts
from ingest.intake import EXPIRED, Announced, Intake, awaits_upload
from ingest.ports import (
    AudioProbe,
    EpisodeCatalogue,
    EpisodePage,
    ProgressBoard,
    ReadTranscript,
    Replay,
    ReplayJob,
    ReplayTaken,
    TranscriptFile,
    UniqueKeys,
)
from ingest.retention import Retention
from ingest.validation import UploadValidation
from ingest.web_sources import WebAdapters, WebSources, web_sources

MOST_PER_PAGE = 200
PEEK_TOTAL_S = 30.0


class IngestService:
    """Everything people and pages ask about episodes, and the handler of all events."""

    def __init__(
        self,
        *,
        blobs: BlobStore,
        signer: UploadSigner,
        log: EventLog,
        episodes: EpisodeCatalogue,
        keys: UniqueKeys,
        probe: AudioProbe,
        replay: Replay,
        settings_for: Callable[[str], IngestSettings],
        progress: ProgressBoard | None = None,
        clock: Callable[[], datetime] = utc_now,
        multipart: MultipartUploads | None = None,
        web: WebAdapters | None = None,
        retention_for: Callable[[str], RetentionSettings] = lambda _: RetentionSettings(),
    ) -> None:
        self._blobs = blobs
        self._log = log
        self._catalogue = episodes
        self._replay = replay
        self._clock = clock
        self._multipart = multipart
        self._chapters = Chapters(blobs)
        self._read_transcript = web.read_transcript if web else None
        self._episodes = Episodes(log, episodes, progress)
        self._duplicates = DuplicateDetection(keys, self._episodes)
        self.retention = Retention(
            log=log,
            episodes=self._episodes,
            catalogue=episodes,
            blobs=blobs,
            settings_for=retention_for,
            clock=clock,
        )
        imports = ImportedTranscripts(blobs)
        self._intake = Intake(
            blobs=blobs,
            signer=signer,
            multipart=multipart,
            episodes=self._episodes,
            validation=UploadValidation(blobs, probe, self._duplicates, imports, settings_for),
            duplicates=self._duplicates,
            requests=IdempotentRequests(keys),
            imports=imports,
            settings_for=settings_for,
            clock=clock,
        )

        self._sources = (
            None
            if web is None
            else web_sources(
                web,
                blobs=blobs,
                intake=self._intake,
                episodes=self._episodes,
                catalogue=episodes,
                duplicates=self._duplicates,
                probe=probe,
                settings_for=settings_for,
                clock=clock,
            )
        )

    @property
    def feeds(self) -> Feeds:
        """The podcast feeds that are followed."""
        return self._web.feeds

    def create(
        self,
        new: NewEpisode,
        *,
        transcript: bytes | Mapping[str, Any] | TranscriptFile | None = None,
        idempotency_key: str | None = None,
    ) -> Announced:
        """Announce an episode and say where to put its audio.

        With a `transcript` nothing is recognised: without `bytes` the episode is complete at once,
        with them the transcript waits for the audio. A file is read as the command reads it; the
        reply's `warnings` say what was noticed. An announced digest that the show has already
        gives the existing episode and no upload.

        Raises:
            InvalidInput: a field that does not fit, or a transcript that is none.
            Conflict: the Idempotency-Key was used for another request.
        """
        if not isinstance(transcript, TranscriptFile):
            return self._intake.create(new, transcript=transcript, idempotency_key=idempotency_key)
        if self._read_transcript is None or transcript.raw.startswith(transcripts.OURS):
            read = ReadTranscript(transcript.raw)
        else:
            read = self._read_transcript(transcript, checked_language(new.language))
        announced = self._intake.create(new, transcript=read.json, idempotency_key=idempotency_key)
        return replace(announced, warnings=read.warnings)

    def awaits_upload(self, episode_id: str) -> bool:
        """Tell whether bytes for this episode are still welcome.

        An upload endpoint asks before it stores: a second PUT must not replace accepted audio.

        Raises:
            NotFound: no such episode.
        """
        return awaits_upload(self._episodes.get(episode_id))

    def receive(self, episode_id: str, body: BinaryIO) -> EpisodeView:
        """Store an upload's bytes and complete it: of several at once the first to end wins.

        Raises:
            NotFound: no such episode.
            Conflict: the upload is over, or another one ended first (code `upload_over`).
        """
        return self._intake.receive(episode_id, body)

    def complete(self, episode_id: str) -> EpisodeView:
        """Validate an episode's stored upload and record the result, once however often.

        What is wrong with the upload is the episode's `error`, not an exception.

        Raises:
            NotFound: no such episode, or nothing is stored yet (code `upload_missing`).
        """
        return self._intake.complete(episode_id)

    def settle_uploads(self) -> int:
        """Complete uploads that were stored but never completed; expire those that never came.

        To be called at start and every few minutes. Returns how many were settled.
        """
        return self._intake.settle_uploads(list(self._catalogue.ids(state="awaiting_upload")))

    def add_file(self, path: Path, new: NewEpisode) -> Announced:
        """Take in a file of this machine, without HTTP.

        The show's existing episode is returned when it has these bytes already, unless
        `allow_duplicate`.

        Raises:
            NotFound: no such file.
            TransientFailure: the blob store did not take it; the episode says so as well.
        """
        return self._intake.add_file(path, new)

    def import_transcript(
        self, transcript: bytes, new: NewEpisode, *, audio: Path | None = None
    ) -> Announced:
        """Take in an episode whose transcript exists already, with its audio if there is any."""
        if audio is None:
            silent = new.model_copy(update={"bytes": 0, "sha256": None})
            return self._intake.create(silent, transcript=transcript)
        return self._intake.add_file(audio, new, transcript=transcript)

    def import_audio(
        self, new: NewEpisode, url: str, *, idempotency_key: str | None = None
    ) -> Announced:
        """Take in audio from an address; it is fetched in the background.

        What is there is looked at first, so that a mistake is told at once. The same address in
        the same show is the same episode, unless `allow_duplicate`.

        Raises:
            InvalidInput: no address, not allowed, no audio there (`not_audio`), or a podcast's
                feed (`is_feed`).
            TransientFailure: its server fails now.
        """
        content = sniffed(self._web.fetcher.peek(url, total_s=PEEK_TOTAL_S))
        if content != "other":
            raise not_audio(url, content)
        origin = EpisodeOrigin(url=url)
        return self._intake.import_audio(new, origin, idempotency_key=idempotency_key)

    def fetch_audio(self, event: Event) -> Sequence[Event]:
        """Handle an EpisodeCreated that names where its audio is: the `fetch` consumer."""
        return self._web.imports.handle(event)

    def stop_fetching(self, episode_id: str) -> None:
        """Delete what was fetched so far of a removed episode."""
        self._web.imports.forget(episode_id)

    def chapters(self, episode_id: str) -> bytes:
        """Return the chapters that an episode's creator gave it, as JSON chapters.

        Raises:
            NotFound: no such episode, or it has none.
        """
        runs = {each.event.meta.run_id for each in self.events(episode_id)}
        return self._chapters.of(episode_id, list(runs))

    def get(self, episode_id: str) -> EpisodeView:
        """Return an episode as the log has it now.

        Raises:
            NotFound: there is none.
        """
        return self._episodes.get(episode_id)

    def page(
        self,
        *,
        show: str | None = None,
        state: State | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> EpisodePage:
        """Return episodes, newest first; removed ones only where that state is asked for."""
        limit = max(1, min(limit, MOST_PER_PAGE))
        return self._episodes.page(show=show, state=state, cursor=cursor, limit=limit)

    def ready_of(self, show: str) -> Iterator[EpisodeView]:
        """Walk a show's episodes that are ready, newest first."""
        cursor = None
        while True:
            page = self.page(show=show, state="ready", cursor=cursor, limit=MOST_PER_PAGE)
            yield from page.episodes
            cursor = page.next_cursor
            if cursor is None:
                return

    def events(self, episode_id: str, *, after: int = 0) -> Sequence[Recorded]:
        """Return an episode's events after a position, oldest first.

        Raises:
            NotFound: there is no such episode.
        """
        recorded = self._log.of_episode(episode_id, after=after)
        if not recorded:
            self._episodes.get(episode_id)
        return recorded

    def change(self, episode_id: str, change: EpisodeChange) -> EpisodeView:
        """State title, show, date or link anew; fields left out stay.

        Raises:
            InvalidInput: a field that does not fit.
            Conflict: the episode was removed, or is not what the person saw (`edit_outdated`).
        """
        view = self._present(episode_id)
        had = {name: getattr(view, name) for name in FACTS}
        stated = change.stated()
        if change.expect is not None and had | change.expect.stated() != had:
            raise Conflict(
                "somebody changed this meanwhile",
                hint="look at what it is now, and change it again",
                code="edit_outdated",
            )
        if "title" in stated and not (title := checked_title(stated["title"] or "")):
            raise InvalidInput("an episode has a title", code="title_missing")
        if "title" in stated:
            stated["title"] = title
        if "show" in stated:
            stated["show"] = checked_title(stated["show"] or "", what="show")
        if "link" in stated:
            stated["link"] = checked_link(stated["link"])
        if had | stated == had:
            return view
        as_of = self._clock()
        if view.as_of is not None and as_of <= view.as_of:  # the clock was set back
            as_of = view.as_of + timedelta(microseconds=1)
        info = EpisodeInfo(**(had | stated), as_of=as_of)
        self._episodes.record(
            Event.first(
                CONTRACT.service,
                EpisodeChanged(episode=info),
                episode_id=episode_id,
                run_id=view.run_id,
                occurred_at=self._clock(),
            )
        )
        return self._episodes.get(episode_id)

    def remove(self, episode_id: str, reason: str = "") -> EpisodeView:
        """Remove an episode for good; removing it twice is removing it once.

        The event's run is newer than every other, so that no late result brings it back.

        Raises:
            NotFound: there is none.
        """
        if self._episodes.get(episode_id).state != "removed":
            now = self._clock()
            self._log.append(
                [removal_of(self._log, CONTRACT.service, episode_id, reason=reason, now=now)]
            )
            self.forget(episode_id)
        return self._episodes.get(episode_id)

    def forget(self, episode_id: str) -> None:
        """Delete what ingest and the log hold of a removed episode, but for that it was removed."""
        self._blobs.delete(episode_prefix(episode_id))
        if self._multipart is not None:
            self._multipart.abort(upload_key(episode_id))
        if self._sources is not None:
            self._sources.feeds.imports.forget_episode(episode_id)
        self._log.erase(episode_id)
        self._episodes.refresh(episode_id)

    def replay(
        self,
        episode_id: str | None,
        event_type: str,
        *,
        only: Sequence[str] = (),
        reason: str = "",
        show: str | None = None,
        rate_per_s: float | None = None,
        speakers: int | None = None,
        dry_run: bool = False,
    ) -> ReplayTaken:
        """Process an episode again from its newest event of this type; None: all, or all of `show`.

        Returns the ids of the episodes that are processed again; episodes without such an event
        are passed over, unless it is the one named. `speakers` states anew how many people speak, 0
        for unknown. Services named `only` that work later than the event start from the one they
        work from. A `dry_run` only says which would be looked at.

        Raises:
            InvalidInput: an event no service starts from, a service that does not consume it,
                or the episode has no such event.
            Conflict: the episode was removed.
        """
        event_type = _nearest(event_type, only)
        _check_replay(event_type, only, speakers)
        if episode_id is not None:
            view = self._present(episode_id)
            if event_type == AudioUploaded.event_type() and view.audio_removed_at is not None:
                raise InvalidInput(
                    "the episode's audio was deleted, nothing can be recognised anew",
                    hint="replay it from TranscriptReady",
                    code="audio_removed",
                )
            if event_type == AudioUploaded.event_type() and view.audio is None and view.transcript:
                raise InvalidInput(
                    "the episode has a transcript and no audio: there is nothing to listen to",
                    hint="replay it from TranscriptReady, or add the recording",
                    code="audio_missing",
                )
        ids = self._catalogue.ids(show=show) if episode_id is None else [episode_id]
        if dry_run:
            return ReplayTaken(ids)
        done = self._replay(
            ReplayJob(event_type, ids, tuple(only), reason, rate_per_s, show, speakers)
        )
        if episode_id is not None and not done.episode_ids:
            needed = "transcript" if list(only) == [DIARIZE] else event_type
            raise InvalidInput(
                f"the episode has no {needed} yet",
                hint="replay it from a later or earlier event",
                code="nothing_to_replay",
            )
        return done

    def handle(self, event: Event) -> Sequence[Event]:
        """Keep the catalogue up to date, delete what rejected and removed episodes left.

        Returns the outcome of a run that ended with this event.
        """
        view = self._episodes.project(event)
        data = event.data
        if isinstance(data, AudioUploaded | TranscriptReady) and data.audio is not None:
            # UniqueKeys are made with the upload; this makes them again for a table that was lost.
            self._duplicates.claim(data.episode.show, data.audio.sha256, view.episode_id)
        rejected = isinstance(data, UploadRejected) and data.code != EXPIRED
        if isinstance(data, AudioRemoved | RunsRemoved):
            self.retention.delete(event)
        if view.state == "removed":
            self.forget(view.episode_id)
        elif rejected and view.state == "failed":
            self._blobs.delete(episode_prefix(view.episode_id))
            if self._multipart is not None:
                self._multipart.abort(upload_key(view.episode_id))
        outcome = finished(event, view, CONTRACT.service)
        return [] if outcome is None else [outcome]

    def rebuild(self, telling: Callable[[int], Callable[[int], None]] = quietly) -> int:
        """Make the catalogue anew from the event log, and the keys of the recordings in it.

        Idempotency-Keys are in no event: a table that was lost has forgotten them.

        Returns how many episodes there are. `telling` is given that number, and what it returns
        how many are done.
        """
        made = self._episodes.rebuild(telling)
        for recorded in self._log.scan(
            types=("EpisodeCreated", "AudioUploaded", "TranscriptReady")
        ):
            self._claim_again(recorded.event)
        return made

    def _claim_again(self, event: Event) -> None:
        """Make the unique keys of an episode's bytes and origin again, if it is there still."""
        data, episode_id = event.data, event.meta.episode_id
        if isinstance(data, EpisodeCreated):
            if data.origin is not None and not data.allow_duplicate and self._lives(episode_id):
                self._duplicates.announce_origin(data.episode.show, data.origin, episode_id)
        elif (
            isinstance(data, AudioUploaded | TranscriptReady)
            and data.audio is not None
            and self._lives(episode_id)
        ):
            self._duplicates.claim(data.episode.show, data.audio.sha256, episode_id)

    def _lives(self, episode_id: str) -> bool:
        view = self._episodes.find(episode_id)
        return view is not None and view.is_alive

    @property
    def _web(self) -> WebSources:
        if self._sources is None:
            raise Misconfigured(
                "nothing is fetched from the web here",
                hint="upload the file instead",
                code="fetching_unavailable",
            )
        return self._sources

    def _present(self, episode_id: str) -> EpisodeView:
        view = self._episodes.get(episode_id)
        if view.state == "removed":
            raise Conflict("the episode was removed", code="episode_removed")
        return view


def _nearest(event_type: str, only: Sequence[str]) -> str:
    """Return the first event from this one on that all services named `only` work from."""
    following = dropwhile(lambda kind: kind != event_type, REPLAYABLE)
    fitting = (kind for kind in following if only and set(only) <= set(REPLAYABLE[kind]))
    return next(fitting, event_type)


def _check_replay(event_type: str, only: Sequence[str], speakers: int | None) -> None:
    consumers = REPLAYABLE.get(event_type)
    if consumers is None:
        raise InvalidInput(
            f"nothing starts again from {event_type[:80]!r}",
            hint=f"replay from {', '.join(REPLAYABLE)}",
            code="replay_from",
        )
    recognition = event_type == AudioUploaded.event_type()
    if speakers is not None and not recognition:
        raise InvalidInput(
            f"{event_type} is after the speakers were told apart",
            hint=f"say how many speak in a replay from {AudioUploaded.event_type()}",
            code="replay_speakers",
        )
    if recognition and list(only) == [DIARIZE]:
        return
    not_consuming = [service for service in only if service not in consumers]
    if not_consuming:
        raise InvalidInput(
            f"{not_consuming[0][:80]!r} does not work from {event_type}",
            hint=f"{event_type} is for {' and '.join(consumers)}",
            code="replay_only",
        )
