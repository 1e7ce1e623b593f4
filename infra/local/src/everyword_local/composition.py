"""The composition root of one machine: every port gets its embedded adapter here, once."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

import captions.contract
import captions.service
import ingest.contract
import ingest.service
import refine.contract
import refine.service
import search.contract
import search.service
import transcribe_gpu.contract
import transcribe_gpu.service
from captions.adapters.sqlite import SqliteLatestCaptions
from captions.addresses import address_of
from captions.reading import format_of_file, read_file
from everyword_events import (
    BlobRef,
    Event,
    Handler,
    Misconfigured,
    NotFound,
    SpokenMoment,
    TransientFailure,
    guarded,
)
from everyword_events.consumer.pause import PauseGate
from everyword_events.consumer.runner import ConsumerRunner
from everyword_events.replay import Replayer, removed_audio
from everyword_events.replay_jobs import ReplayWorker
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.sqlite.compaction import compact_due
from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.replays import SqliteReplays
from everyword_local.beside import ClosedTogether, working_beside
from everyword_local.client import IN_PROCESS
from everyword_local.data_folder import DataFolder
from everyword_local.processes import process_group
from everyword_local.projections import projection, refill_captions, telling
from everyword_local.publisher_processes import Publishing, cores, publishers
from everyword_local.refilling import refill_index
from everyword_local.settings import SettingsFile
from everyword_storage.clock import utc_now
from everyword_storage.directory import DirectoryBlobStore
from everyword_storage.directory_parts import DirectoryMultipartUploads
from everyword_storage.scratch import sweep_scratch
from everyword_storage.signing import DirectoryUploadSigner
from everyword_transcripts import write_transcript
from everyword_transcripts.folding import folded_name
from ingest.adapters.feed_document import read_feed
from ingest.adapters.fetching import HttpFetcher, Politeness
from ingest.adapters.fetching.addresses import Allowed, any_address, is_public
from ingest.adapters.fetching.posting import HttpPoster
from ingest.adapters.sqlite import SqliteIngestTables
from ingest.adapters.sqlite_feed_imports import SqliteFeedImports
from ingest.adapters.sqlite_feeds import SCHEMA as FEEDS_SCHEMA
from ingest.adapters.sqlite_feeds import SqliteFeedStore
from ingest.adapters.sqlite_notifications import SCHEMA as NOTIFICATIONS_SCHEMA
from ingest.adapters.sqlite_notifications import (
    SqliteDeliveries,
    SqliteResults,
    SqliteSavedSearches,
    SqliteWebhooks,
)
from ingest.domain import AudioFacts
from ingest.estimating import UsualEffort
from ingest.notifications import Notifications
from ingest.ports import ReadTranscript, TranscriptFile
from ingest.replaying import LogReplay
from ingest.web_sources import WebAdapters
from ingest.webhooks import Webhooks
from refine.adapters.choice import Models
from refine.adapters.log_history import LogHistory
from refine.show_voices import ShowVoices, VoiceErasure
from search.engines import open_engine
from transcribe_gpu.adapters.clip_process import ClipProcess
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.cancelling import Cancellations
from transcribe_gpu.clips import ClipService
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.diarization.process import ProcessDiarizer
from transcribe_gpu.ports import Audio
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.self_test import self_test
from transcribe_gpu.standalone import known_sources, model_library
from transcribe_gpu.worker import jobs_at_once

if TYPE_CHECKING:
    from everyword_http.keys import Keys
    from everyword_http.public_shows import ChosenShows

CONTRACTS = (
    ingest.contract.CONTRACT,
    ingest.contract.FETCH_CONTRACT,
    ingest.contract.NOTIFY_CONTRACT,
    transcribe_gpu.contract.CONTRACT,
    refine.contract.CONTRACT,
    captions.contract.CONTRACT,
    search.contract.CONTRACT,
)
WORKER = (transcribe_gpu.contract.CONTRACT.service,)
DISPATCHER = tuple(each.service for each in CONTRACTS if each.service not in WORKER)
FETCHING = (ingest.contract.FETCH_CONTRACT.service,)
ONE_BY_ONE = (*WORKER, ingest.contract.FETCH_CONTRACT.service)
PUBLISHING = (captions.contract.CONTRACT.service, search.contract.CONTRACT.service)
TEXT = (refine.contract.CONTRACT.service, *PUBLISHING)
OUTCOMES = (ingest.contract.CONTRACT.service, ingest.contract.NOTIFY_CONTRACT.service)
"""Consumers that end what a person waits for: the catalogue's state, and telling others."""
USUAL_EFFORT = UsualEffort(work_hours=0.25)
"""Whisper `base` on one core of an ordinary machine, rounded up (docs/benchmarks.md)."""
OUTCOMES_WITHIN_S = 15.0
"""As long as one webhook may take to answer."""
QUICK_BATCH = 10
CAPTIONED_AT_ONCE = 2
"""One episode's ten files wait for the disk as long as they are computed: then another has turn."""
NO_EPISODE = "none"
"""An id that no episode has."""
WAIT_S = 0.05
"""So long an idle consumer looks before it sees whether to stop: a look costs a counter's read."""
SEE_EVERY_S = 0.25
SETTLE_EVERY_S = 60.0
FEEDS_EVERY_S = 5.0
IMPORTS_EVERY_S = 0.25
WEBHOOKS_EVERY_S = 1.0
COMPACT_EVERY_S = 1.0
RETAIN_LOOK_S = 1.0
RETAIN_EVERY_S = 24 * 3600.0
REQUEST_ORIGIN: ContextVar[str] = ContextVar("request_origin")
"""Under which origin the request in hand came: a proxy's, for one."""
log = logging.getLogger(__name__)


Forget = Callable[[str], None]
"""Deletes what is held of a removed episode."""
Work = Callable[[threading.Event], None]
"""Works until the event is set."""


class Service(Protocol):
    """What every service has: its use case, and how it deletes what it holds of an episode."""

    def handle(self, event: Event) -> Sequence[Event]:
        """Take one of its events."""

    def forget(self, episode_id: str) -> None:
        """Delete what is held of a removed episode."""


class Composition:
    """All five services of one installation, in one process.

    Raises:
        Misconfigured: the folder or the settings cannot be used.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: SettingsFile,
        *,
        base_url: str = IN_PROCESS,
        model_key: str = "",
    ) -> None:
        self.folder = folder
        self.settings = settings
        self._model_key = model_key
        self._stopping = threading.Event()
        self._closing = ClosedTogether()
        self.bus = SqliteBus(folder.bus, CONTRACTS)
        self._closing.callback(self.bus.close)
        self.blobs = DirectoryBlobStore(folder.blobs)
        self.signer = DirectoryUploadSigner(lambda: REQUEST_ORIGIN.get(base_url), folder.secret())
        self.multipart = DirectoryMultipartUploads(folder.uploads, self.blobs, self.signer)
        self.progress = ProgressFolder(folder.progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()
        compact_due(self.folder.root, quiet_s=0)

    @cached_property
    def replays(self) -> SqliteReplays:
        """Replays of many episodes, done in the background."""
        replays = SqliteReplays(self.folder.replays)
        self._closing.callback(replays.close)
        return replays

    @cached_property
    def replayer(self) -> Replayer:
        """Appends events of the log again."""
        return Replayer(self.bus, CONTRACTS)

    def _ingest(self, tables: SqliteIngestTables) -> ingest.service.IngestService:
        return ingest.service.IngestService(
            blobs=self.blobs,
            signer=self.signer,
            log=self.bus,
            episodes=tables,
            keys=tables,
            probe=_probe_audio,
            replay=LogReplay(self.replayer, self.replays),
            settings_for=lambda show: self.settings.of_show(show).ingest,
            retention_for=lambda show: self.settings.of_show(show).retention,
            progress=self.progress,
            multipart=self.multipart,
            web=self._web(),
        )

    @cached_property
    def ingest(self) -> ingest.service.IngestService:
        """The ingest service; its table of episodes is made anew where it is missing."""
        with projection(self.folder.episodes) as is_lost:
            tables = SqliteIngestTables(self.folder.episodes)
            self._closing.callback(tables.close)
            service = self._ingest(tables)
            if is_lost or not tables.ids(state=None):
                service.rebuild(partial(telling, "table of episodes"))
        return service

    @cached_property
    def notifications(self) -> Notifications:
        """What the world outside is told."""
        tables = SqliteDatabase(self.folder.notifications, NOTIFICATIONS_SCHEMA)
        self._closing.callback(tables.close)
        return Notifications(
            results=SqliteResults(tables),
            webhooks=Webhooks(
                SqliteWebhooks(tables),
                SqliteDeliveries(tables),
                HttpPoster(allowed=self._allowed),
                utc_now,
            ),
            searches=SqliteSavedSearches(tables),
            find_moments=self._find_moments,
            episode=self.ingest.get,
            link_of=address_of,
            clock=utc_now,
        )

    def _find_moments(self, query: str, episode_id: str) -> list[SpokenMoment]:
        """Find a query in one episode, as the words are written."""
        found = self.search.search(query, episode=episode_id or NO_EPISODE, exact=True, limit=1)
        return [
            SpokenMoment(
                start=moment["start"],
                end=moment["end"],
                first_word=moment["first_word"],
                speaker=moment["speaker"],
            )
            for episode in found["results"]
            for moment in episode["moments"]
        ]

    @property
    def _allowed(self) -> Allowed:
        private = self.settings.of_show("").ingest.allow_private_addresses
        return any_address if private else is_public

    def _web(self) -> WebAdapters:
        """Return what ingest fetches with."""
        settings = self.settings.of_show("").ingest
        feeds = SqliteDatabase(self.folder.feeds, FEEDS_SCHEMA)
        self._closing.callback(feeds.close)
        return WebAdapters(
            fetcher=HttpFetcher(
                allowed=self._allowed,
                politeness=Politeness(at_once=settings.host_at_once, delay_s=settings.host_delay_s),
            ),
            read_feed=read_feed,
            feeds=SqliteFeedStore(feeds),
            feed_imports=SqliteFeedImports(feeds),
            read_transcript=_read_transcript,
            scratch=self.folder.downloads,
            usual=USUAL_EFFORT,
        )

    @cached_property
    def keys(self) -> "Keys":
        """The API keys."""
        from everyword_http.keys import Keys  # noqa: PLC0415 - only who speaks HTTP waits for it
        from everyword_local.keys import SqliteKeyStore  # noqa: PLC0415

        store = SqliteKeyStore(self.folder.keys)
        self._closing.callback(store.close)
        return Keys(store)

    @cached_property
    def public_shows(self) -> "ChosenShows":
        """Which shows those without a key may read."""
        from everyword_http.public_shows import ChosenShows  # noqa: PLC0415 - speaks HTTP
        from everyword_local.public_shows import SqliteShowChoices  # noqa: PLC0415 - the same

        kept = SqliteShowChoices(self.folder.public_shows)
        self._closing.callback(kept.close)
        return ChosenShows(
            kept,
            fold=folded_name,
            show_of=lambda episode_id: self.ingest.get(episode_id).show,
        )

    def _readable(self) -> search.service.ReadableShows:
        from search.show_access import readable_shows  # noqa: PLC0415 - speaks HTTP

        return readable_shows(self.public_shows)

    @cached_property
    def refine(self) -> refine.service.RefineService:
        """The refine service."""
        models = Models(api_key=self._model_key)
        self._closing.callback(models.close)
        return refine.service.RefineService(
            self.blobs,
            lambda show: self.settings.of_show(show).refine,
            history=LogHistory(self.bus),
            log=self.bus,
            models=models,
            known_speakers=self.voices,
            consents=self.knows_voices,
        )

    @cached_property
    def voices(self) -> ShowVoices:
        """The voices that people named, in the shows that consent."""
        history = LogHistory(self.bus)
        erase = VoiceErasure(self.blobs, history)
        return ShowVoices(self.blobs, history, history, self.bus, erase=erase)

    def knows_voices(self, show: str) -> bool:
        """Tell whether a show consents that its speakers are known by their voices."""
        return self.settings.of_show(show).transcribe.known_voices

    @cached_property
    def search(self) -> search.service.SearchService:
        """The search service, on the engine that the settings name."""
        engine = open_engine(self.settings.of_show("").search, self.folder.index)
        self._closing.callback(engine.close)
        service = search.service.SearchService(
            engine.index,
            engine.vocabulary,
            self.blobs,
            lambda show: self.settings.of_show(show).search,
            engine.phonetics,
            engine.gate,
            readable=self._readable,
        )
        if engine.unfilled is not None:
            refill_index(service, engine.unfilled, self.bus)
        return service

    @cached_property
    def captions(self) -> captions.service.CaptionsService:
        """The captions service; its table is made anew where it is missing."""
        with projection(self.folder.captions) as is_lost:
            latest = SqliteLatestCaptions(self.folder.captions)
            self._closing.callback(latest.close)
            service = captions.service.CaptionsService(
                self.blobs, lambda show: self.settings.of_show(show).captions, latest
            )
            if is_lost:
                refill_captions(service, self.bus)
        return service

    @cached_property
    def transcribe(self) -> transcribe_gpu.service.TranscribeService:
        """The transcription service; engines load when the first job needs them."""
        models = model_library(self.settings.of_show("").models)
        return transcribe_gpu.service.TranscribeService(
            self.blobs,
            Recogniser(
                EngineSelector(known_sources(models), self_test=self_test),
                voice_activity(),
                diarizer=ProcessDiarizer(models),
            ),
            open_audio=_open_audio,
            settings_for=lambda show: self.settings.of_show(show).transcribe,
            progress=self.progress,
            stopping=self._stopping.is_set,
            cancelled=Cancellations(self.bus).is_cancelled,
            keeps_voices=True,
        )

    @cached_property
    def clips(self) -> ClipService:
        """Short clips, recognised at once in a process of their own."""
        sweep_scratch()
        process = ClipProcess()
        self._closing.callback(process.close)

        def settings() -> tuple[TranscribeSettings, SpeechModelSettings]:
            general = self.settings.of_show("")
            return general.transcribe, general.models

        return ClipService(process, open_audio=_open_audio, settings=settings)

    def handler(self, consumer: str) -> Handler:
        """Return a consumer's handler; its service is made now if nobody needed it yet."""
        fetch = ingest.contract.FETCH_CONTRACT.service
        services: Mapping[str, Callable[[], tuple[Handler, Forget]]] = {
            ingest.contract.CONTRACT.service: lambda: (self.ingest.handle, self._forget),
            fetch: lambda: (self.ingest.fetch_audio, self.ingest.stop_fetching),
            ingest.contract.NOTIFY_CONTRACT.service: lambda: _of(self.notifications),
            transcribe_gpu.contract.CONTRACT.service: lambda: _of(self.transcribe),
            refine.contract.CONTRACT.service: lambda: _of(self.refine),
            captions.contract.CONTRACT.service: lambda: _of(self.captions),
            search.contract.CONTRACT.service: lambda: _of(self.search),
        }
        handle, forget = services[consumer]()
        return guarded(handle, self.bus, forget)

    def _forget(self, episode_id: str) -> None:
        self.ingest.forget(episode_id)
        self.replays.forget(episode_id)

    def run(self, consumers: Sequence[str], stop: threading.Event) -> None:
        """Work for these consumers, each on a thread of its own, until `stop` is set.

        With all of the dispatcher's, other processes publish while many wait (see `Publishing`).

        Raises:
            Misconfigured: this process can work no more; another one may (BrokenHost).
        """
        runners = {name: self._runner(name) for name in consumers}
        broken: list[Misconfigured] = []

        def work(name: str, stop: threading.Event) -> None:
            try:
                runners[name].run_forever(stop)
            except Misconfigured as error:
                broken.append(error)

        def publish(stop: threading.Event) -> None:
            for thread in _started([partial(work, name) for name in PUBLISHING], stop):
                thread.join()

        others = publishers(self.arguments) if set(DISPATCHER) <= runners.keys() else {}
        works: list[Work] = [
            partial(work, name) for name in runners if not (others and name in PUBLISHING)
        ]
        if others:
            works.append(Publishing(publish, others, self.text_waiting).run)
        if ingest.contract.CONTRACT.service in runners:
            works += [
                self._import_feeds,
                self._poll_feeds,
                self._send_webhooks,
                self._replay,
                self._compact,
                self._retain,
                self._keep_no_withdrawn_voices,
                self._settle,
            ]
        threads = _started(works, stop)
        stop.wait()
        self._stopping.set()
        self.bus.wake()
        for thread in threads:
            thread.join()
        self._stopping.clear()
        if broken:
            raise broken[0]

    @contextlib.contextmanager
    def at_work(self, consumers: Sequence[str] = (*DISPATCHER, *WORKER)) -> Iterator[None]:
        """Do all queued work, or that of some consumers, in this process while the block runs."""
        self.resume()
        with working_beside(partial(self.run, consumers)):
            yield
            if set(OUTCOMES) <= set(consumers):
                self._settle_outcomes()

    @contextlib.contextmanager
    def at_much_work(self) -> Iterator[None]:
        """Do all queued work while the block runs, in the processes that `everyword up` has.

        A second one takes as long to start as a dozen transcripts take.
        """
        if cores() == 1:
            with self.at_work():
                yield
            return
        self.resume()
        with working_beside(partial(self.run, WORKER)), working_beside(self._dispatch_apart):
            yield
            self._settle_outcomes()

    def _dispatch_apart(self, stop: threading.Event) -> None:
        """Have a process of its own dispatch; this one does where that cannot be kept running."""
        failed = threading.Event()
        with process_group(self.arguments, failed.set, roles=("dispatcher",)):
            while not (failed.is_set() or stop.wait(SEE_EVERY_S)):
                pass
        if failed.is_set():
            self.run(DISPATCHER, stop)

    @property
    def arguments(self) -> list[str]:
        """What a process on the same folder and settings is given; see `everyword_local.roles`."""
        settings = [] if self.settings.path is None else ["--settings", str(self.settings.path)]
        return ["--data", str(self.folder.root), *settings]

    @contextlib.contextmanager
    def replaying(self) -> Iterator[None]:
        """Do the replays of many episodes while the block runs, and none of the work they cause."""
        with working_beside(ReplayWorker(self.replays, self.replayer).run):
            yield

    @contextlib.contextmanager
    def importing_feeds(self) -> Iterator[None]:
        """Take in feeds while the block runs, and fetch nothing of their audio."""
        with working_beside(self._import_feeds):
            yield

    def resume(self) -> None:
        """Take up what an earlier process left: stored uploads, and deliveries it had in hand."""
        self._settle_uploads()
        for contract in CONTRACTS:
            self.bus.release_claims(contract.service)

    def _settle_outcomes(self) -> None:
        """Give outcomes just published a moment to reach the catalogue, pollers and webhooks."""
        ends_at = time.monotonic() + OUTCOMES_WITHIN_S
        while time.monotonic() < ends_at:
            depths = self.bus.pending()
            if not any(depths[each].waiting + depths[each].in_flight for each in OUTCOMES):
                break
            time.sleep(WAIT_S / 5)
        self._deliver_webhooks(lambda: time.monotonic() >= ends_at)

    def unfinished(self, consumer: str) -> int:
        """Return how many deliveries of a consumer wait or are worked on."""
        return self.bus.pending()[consumer].unfinished

    def text_waiting(self) -> int:
        """Return how many deliveries of transcripts wait or are worked on, for all their steps."""
        depths = self.bus.pending()
        return sum(depths[consumer].unfinished for consumer in TEXT)

    def _replay(self, stop: threading.Event) -> None:
        def waiting() -> int:
            return max((depth.unfinished for depth in self.bus.pending().values()), default=0)

        ReplayWorker(self.replays, self.replayer, waiting=waiting).run(stop)

    def _import_feeds(self, stop: threading.Event) -> None:
        """Take in feeds that somebody asked for."""
        while not stop.is_set():
            try:
                worked = self.ingest.feeds.imports.work(stop.is_set)
            except TransientFailure as error:
                log.warning("feeds not taken in", extra={"code": error.code})
                worked = 0
            stop.wait(0 if worked else IMPORTS_EVERY_S)

    def _poll_feeds(self, stop: threading.Event) -> None:
        """Poll feeds whose time has come, beside the consumers: a slow host holds up no work."""
        while not stop.is_set():
            try:
                self.ingest.feeds.poll_due(stop.is_set)
            except TransientFailure as error:
                log.warning("feeds not polled", extra={"code": error.code})
            stop.wait(FEEDS_EVERY_S)

    def _send_webhooks(self, stop: threading.Event) -> None:
        """Send webhooks what is due, beside the consumers."""
        while not stop.is_set():
            self._deliver_webhooks(stop.is_set)
            stop.wait(WEBHOOKS_EVERY_S)

    def _deliver_webhooks(self, stopping: Callable[[], bool]) -> None:
        try:
            self.notifications.webhooks.deliver_due(stopping)
        except TransientFailure as error:
            log.warning("webhooks not sent", extra={"code": error.code})

    def _compact(self, stop: threading.Event) -> None:
        """Take the last traces of removed episodes out of the files, once many are removed."""
        while not stop.wait(COMPACT_EVERY_S):
            compact_due(self.folder.root)

    def _retain(self, stop: threading.Event) -> None:
        """Delete day by day what the settings let nobody keep."""
        due = time.monotonic()
        while not stop.wait(RETAIN_LOOK_S):
            if time.monotonic() < due:
                continue
            due = time.monotonic() + RETAIN_EVERY_S
            try:
                if self.settings.deletes:
                    self.ingest.retention.apply(stop.is_set)
            except (TransientFailure, Misconfigured) as error:
                due = time.monotonic() + SETTLE_EVERY_S
                log.warning("retention not applied", extra={"code": error.code})

    def _keep_no_withdrawn_voices(self, stop: threading.Event) -> None:
        """Forget voices of shows that consent no longer: day by day, and when settings change."""
        due, seen = time.monotonic(), self.settings.stamp()
        while not stop.wait(RETAIN_LOOK_S):
            if time.monotonic() < due and seen == self.settings.stamp():
                continue
            due, seen = time.monotonic() + RETAIN_EVERY_S, self.settings.stamp()
            try:
                self.voices.forget_withdrawn(self.knows_voices, stop.is_set)
            except (TransientFailure, Misconfigured) as error:
                due = time.monotonic() + SETTLE_EVERY_S
                log.warning("withdrawn voices not forgotten", extra={"code": error.code})

    def _settle(self, stop: threading.Event) -> None:
        """Settle uploads now and then."""
        while not stop.wait(SETTLE_EVERY_S):
            self._settle_uploads()

    def _settle_uploads(self) -> None:
        """Complete or expire uploads that nobody completed; what fails is tried again later."""
        try:
            self.ingest.settle_uploads()
        except TransientFailure as error:
            log.warning("uploads not settled", extra={"code": error.code})

    def has_chapters(self, episode_id: str) -> bool:
        """Tell whether an episode's creator gave it chapters, or some were made of it."""
        for chapters in (self.ingest.chapters, self.captions.chapters):
            try:
                chapters(episode_id)
            except NotFound:
                continue
            return True
        return False

    def audio_of(self, episode_id: str) -> tuple[BlobRef, Path]:
        """Return an episode's audio and the file it lies in, for playing.

        Raises:
            NotFound: there is no such episode, or it has no audio.
        """
        events = self.ingest.events(episode_id)
        gone = removed_audio(each.event for each in events)
        for recorded in reversed(events):
            audio = getattr(recorded.event.data, "audio", None)
            if isinstance(audio, BlobRef) and audio.uri in gone:
                raise NotFound(
                    f"the audio of episode {episode_id} was deleted, its words stay",
                    hint="the show's [retention] settings say after how many days",
                    code="audio_removed",
                )
            if isinstance(audio, BlobRef):
                return audio, self.blobs.path_of(audio)
        raise NotFound(f"episode {episode_id} has no audio", code="audio_missing")

    def _runner(self, consumer: str) -> ConsumerRunner:
        batch = 1 if consumer in ONE_BY_ONE else QUICK_BATCH
        inbox = self.bus.inbox(consumer)
        gate = PauseGate(consumer, self.bus, changed=self.settings.stamp)
        return ConsumerRunner(
            inbox,
            self.bus,
            self.handler(consumer),
            batch=batch,
            threads=self._at_once(consumer),
            wait_s=WAIT_S,
            gate=gate,
        )

    def _at_once(self, consumer: str) -> int:
        if consumer in WORKER:
            return jobs_at_once(self.settings.of_show("").models)
        return CAPTIONED_AT_ONCE if consumer == captions.contract.CONTRACT.service else 1


def _started(works: Iterable[Work], stop: threading.Event) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, args=(stop,)) for work in works]
    for thread in threads:
        thread.start()
    return threads


def _of(service: Service) -> tuple[Handler, Forget]:
    return service.handle, service.forget


def _probe_audio(audio: BinaryIO) -> AudioFacts:
    """Probe audio; what decodes is loaded when the first comes."""
    from ingest.adapters.probe import probe_audio  # noqa: PLC0415

    return probe_audio(audio)


def _open_audio(source: BinaryIO) -> Audio:
    """Open audio; what decodes is loaded when the first comes."""
    from transcribe_gpu.adapters.decoding import PyAvAudio  # noqa: PLC0415

    return PyAvAudio(source)


def _read_transcript(file: TranscriptFile, language: str) -> ReadTranscript:
    """Read a transcript or caption file of others into our JSON."""
    form = format_of_file(Path(file.name), file.raw, language or "und")
    read = read_file(file.raw, form, language=language or "und")
    return ReadTranscript(write_transcript(read.transcript), read.warnings)
