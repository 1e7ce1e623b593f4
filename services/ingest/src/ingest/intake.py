"""How episodes come in: announced, uploaded, completed; from a file; with a transcript."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import unquote, urlsplit

from everyword_events import (
    EpisodeCreated,
    EpisodeInfo,
    EpisodeOrigin,
    Event,
    EventData,
    EverywordError,
    InvalidInput,
    NotFound,
    TranscriptionHints,
    TransientFailure,
    UploadRejected,
    derived_event_id,
    new_run_id,
)
from everyword_storage import (
    BlobStore,
    MultipartUploads,
    SignedParts,
    SignedUpload,
    UploadSigner,
    upload_key,
)
from ingest.config import IngestSettings
from ingest.contract import CONTRACT
from ingest.domain import EpisodeView, NewEpisode, checked
from ingest.domain.metadata import clean
from ingest.duplicates import DuplicateDetection
from ingest.episodes import Episodes
from ingest.idempotency import IdempotentRequests
from ingest.imports import Imported, ImportedTranscripts
from ingest.receiving import UploadReceiver, upload_over
from ingest.validation import DUPLICATE, UploadValidation

EXPIRED: Final = "upload_expired"
IMPORT_EXPIRES_S: Final = 30 * 24 * 3600.0
"""After so long nobody tries any more to fetch an episode's audio."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Announced:
    """An episode, and where its audio goes; no `upload` where none is wanted.

    `existing` marks an episode that was there before: the show has these bytes already.
    `warnings` say what a person must know of how its transcript was read.
    """

    episode: EpisodeView
    upload: SignedUpload | SignedParts | None = None
    existing: bool = False
    warnings: tuple[str, ...] = ()


class Intake:
    """Takes episodes in. What is asked twice, or interrupted and asked again, happens once.

    The first run's id is the episode's own id, so that asking again makes the same events.
    """

    def __init__(
        self,
        *,
        blobs: BlobStore,
        signer: UploadSigner,
        multipart: MultipartUploads | None,
        episodes: Episodes,
        validation: UploadValidation,
        duplicates: DuplicateDetection,
        requests: IdempotentRequests,
        imports: ImportedTranscripts,
        settings_for: Callable[[str], IngestSettings],
        clock: Callable[[], datetime],
    ) -> None:
        self._blobs = blobs
        self._signer = signer
        self._multipart = multipart
        self._receiver = UploadReceiver(blobs)
        self._episodes = episodes
        self._validation = validation
        self._duplicates = duplicates
        self._requests = requests
        self._imports = imports
        self._settings_for = settings_for
        self._clock = clock

    def create(
        self,
        new: NewEpisode,
        *,
        transcript: bytes | Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Announced:
        """Announce an episode; see `IngestService.create`."""
        settings = self._settings_for(clean(new.show))
        wants_audio = transcript is None or new.bytes > 0
        new = checked(new, settings.limits, wants_audio=wants_audio)
        imported = None
        if transcript is not None:
            imported = Imported.read(transcript, language=new.language)
        mine = self._id_for(new, imported, idempotency_key)
        made = self._episodes.find(mine)
        if made is not None:
            return self._again(made)
        digest = new.sha256 if wants_audio else imported.sha256 if imported else None
        episode_id = mine
        if digest is not None and not new.allow_duplicate:
            episode_id = self._duplicates.announce(new.show, digest, mine)
        existing = episode_id != mine
        made = self._episodes.find(episode_id) if existing else None
        if made is None:
            self._open(episode_id, new, imported, settings)
            made = self._episodes.get(episode_id)
        return replace(self._again(made), existing=existing)

    def _id_for(
        self,
        new: NewEpisode,
        imported: Imported | None,
        idempotency_key: str | None,
        origin: str = "",
    ) -> str:
        episode_id = new_run_id()
        if not idempotency_key:
            return episode_id
        request = f"{new.model_dump_json()}{imported.sha256 if imported else origin}"
        return self._requests.episode_for(idempotency_key, request, episode_id)

    def _open(
        self,
        episode_id: str,
        new: NewEpisode,
        imported: Imported | None,
        settings: IngestSettings,
    ) -> None:
        """Record an episode's first event; recorded twice, also by two at once, it is one."""
        kept = None
        if imported is not None:
            kept = self._imports.keep(imported, episode_id=episode_id, run_id=episode_id)
        data: EventData
        if kept is None or new.bytes > 0:
            data = self._created(new, settings.upload_expires_s)
        else:
            data = self._imports.ready(kept, self._info(new), imported=imported)
        self._episodes.record(_first(episode_id, data, self._clock()))

    def import_audio(
        self, new: NewEpisode, origin: EpisodeOrigin, *, idempotency_key: str | None = None
    ) -> Announced:
        """Announce an episode whose audio is fetched; see `IngestService.import_audio`."""
        name = new.filename or unquote(urlsplit(origin.url).path)
        settings = self._settings_for(clean(new.show))
        known = {"bytes": 0, "sha256": None, "filename": name}
        new = checked(new.model_copy(update=known), settings.limits, wants_audio=False)
        mine = self._id_for(new, None, idempotency_key, origin.url)
        made = self._episodes.find(mine)
        if made is not None:
            return Announced(made)
        episode_id = mine
        if not new.allow_duplicate:
            episode_id = self._duplicates.announce_origin(new.show, origin, mine)
        existing = episode_id != mine
        made = self._episodes.find(episode_id) if existing else None
        if made is None:
            data = self._created(new, IMPORT_EXPIRES_S, origin)
            self._episodes.record(_first(episode_id, data, self._clock()))
            made = self._episodes.get(episode_id)
        return Announced(made, existing=existing)

    def lacks_audio(self, announcement: Event) -> bool:
        """Tell whether an announced run still waits for its audio.

        A failure that is no verdict on the file (a server that was down too long) does not end it.
        """
        view = self._episodes.find(announcement.meta.episode_id)
        if view is None:  # the bus was faster than the log
            return True
        return view.state != "removed" and not self._episodes.has_audio(announcement)

    def reject(self, announcement: Event, error: EverywordError) -> None:
        """Record that an announced run has no usable audio."""
        data = UploadRejected(code=error.code, message=error.message, hint=error.hint)
        self._record(announcement, data)

    def finish(self, announcement: Event) -> None:
        """Validate the stored audio of an announced run and record the result."""
        upload = self._blobs.stat(upload_key(announcement.meta.episode_id))
        if upload is None:
            return
        created, result = announcement.data, self._validation.validate_upload(announcement, upload)
        assert isinstance(created, EpisodeCreated)
        from_feed = created.origin is not None and bool(created.origin.feed_url)
        if isinstance(result, UploadRejected) and result.code == DUPLICATE and from_feed:
            # A feed that has the same audio under two guids makes one episode, and no failure.
            episode_id, reason = announcement.meta.episode_id, result.message
            self._episodes.record(
                self._episodes.removal_of(CONTRACT.service, episode_id, reason=reason)
            )
        else:
            self._record(announcement, result)

    def receive(self, episode_id: str, body: BinaryIO) -> EpisodeView:
        """Store an upload and complete it; see `IngestService.receive`."""
        announcement = self._episodes.announcement(episode_id)
        if announcement is None or not awaits_upload(self._episodes.get(episode_id)):
            raise upload_over()
        created = announcement.data
        assert isinstance(created, EpisodeCreated)
        self._receiver.store(episode_id, body, media_type=created.media_type)
        return self.complete(episode_id)

    def complete(self, episode_id: str) -> EpisodeView:
        """Validate an episode's upload once it is stored; see `IngestService.complete`."""
        view = self._episodes.get(episode_id)
        announcement = self._episodes.announcement(episode_id)
        if announcement is None or not awaits_upload(view):
            return view
        upload = self._blobs.stat(upload_key(episode_id))
        if upload is None and self._multipart is not None:
            created = announcement.data
            assert isinstance(created, EpisodeCreated)
            upload = self._multipart.complete(upload_key(episode_id), size=created.bytes)
        if upload is None:
            raise NotFound(
                "nothing has been uploaded for this episode yet",
                hint="PUT the file to its upload address first",
                code="upload_missing",
            )
        self._record(announcement, self._validation.validate_upload(announcement, upload))
        return self._episodes.get(episode_id)

    def settle_uploads(self, waiting: list[str]) -> int:
        """Complete or expire what waits for its upload; see `IngestService.settle_uploads`."""
        settled = 0
        for episode_id in waiting:
            try:
                settled += self._settle(episode_id)
            except TransientFailure as error:
                log.warning(
                    "upload not settled",
                    extra={"episode_id": episode_id, "code": error.code},
                )
        return settled

    def add_file(
        self, path: Path, new: NewEpisode, *, transcript: bytes | None = None
    ) -> Announced:
        """Take a file of this machine in; see `IngestService.add_file`."""
        size, sha256 = _measured(path)
        known = {"bytes": size, "sha256": sha256, "filename": new.filename or path.name}
        announced = self.create(new.model_copy(update=known), transcript=transcript)
        if announced.upload is None:
            return announced
        episode_id = announced.episode.episode_id
        try:
            with path.open("rb") as body:
                self._blobs.put(upload_key(episode_id), body, media_type=new.media_type)
        except EverywordError as error:
            announcement = self._episodes.announcement(episode_id)
            assert announcement is not None
            self._record(
                announcement,
                UploadRejected(code=error.code, message=error.message, hint=error.hint),
            )
            raise
        return Announced(self.complete(episode_id))

    def _created(
        self, new: NewEpisode, expires_s: float, origin: EpisodeOrigin | None = None
    ) -> EpisodeCreated:
        return EpisodeCreated(
            episode=self._info(new),
            filename=new.filename,
            bytes=new.bytes,
            media_type=new.media_type,
            sha256=new.sha256,
            hints=TranscriptionHints(
                language=new.language,
                speakers=new.speakers,
                channels=new.channels,
                engine=new.engine,
                model=new.model,
                speaker_names=origin.persons if origin else (),
            ),
            upload_expires_at=self._clock() + timedelta(seconds=expires_s),
            allow_duplicate=new.allow_duplicate,
            origin=origin,
        )

    def _again(self, made: EpisodeView) -> Announced:
        """Say where the episode stands, with a fresh address while its audio is awaited."""
        announcement = self._episodes.announcement(made.episode_id)
        if made.state != "awaiting_upload" or announcement is None:
            return Announced(made)
        created = announcement.data
        assert isinstance(created, EpisodeCreated)
        if created.origin is not None:
            return Announced(made)
        return Announced(made, self._signed(made.episode_id, created))

    def _signed(self, episode_id: str, created: EpisodeCreated) -> SignedUpload | SignedParts:
        left_s = max((created.upload_expires_at - self._clock()).total_seconds(), 1.0)
        settings = self._settings_for(created.episode.show)
        if self._multipart is not None and created.bytes > settings.multipart_bytes:
            return self._multipart.sign_parts(
                upload_key(episode_id),
                size=created.bytes,
                part_bytes=settings.part_bytes,
                media_type=created.media_type,
                expires_in_s=left_s,
            )
        return self._signer.sign_put(
            upload_key(episode_id),
            size=created.bytes,
            media_type=created.media_type,
            expires_in_s=left_s,
        )

    def _settle(self, episode_id: str) -> bool:
        view = self._episodes.get(episode_id)
        announcement = self._episodes.announcement(episode_id)
        if announcement is None or not awaits_upload(view):
            return False
        try:
            self.complete(episode_id)
        except InvalidInput:  # nothing is stored yet, or not all of its parts
            pass
        else:
            return True
        created = announcement.data
        assert isinstance(created, EpisodeCreated)
        if self._clock() < created.upload_expires_at:
            return False
        self._record(
            announcement,
            UploadRejected(
                code=EXPIRED,
                message="the audio was never uploaded",
                hint="add the episode again and upload it in time",
            ),
        )
        if self._multipart is not None:
            self._multipart.abort(upload_key(episode_id))
        return True

    def _record(self, announcement: Event, data: EventData) -> None:
        part = data.code if isinstance(data, UploadRejected) else ""
        self._episodes.record(announcement.causes(CONTRACT.service, data, part=part))

    def _info(self, new: NewEpisode) -> EpisodeInfo:
        return EpisodeInfo(
            show=new.show,
            title=new.title or "",
            published_at=new.published_at,
            link=new.link,
            as_of=self._clock(),
        )


def _first(episode_id: str, data: EventData, now: datetime) -> Event:
    return Event.first(
        CONTRACT.service,
        data,
        episode_id=episode_id,
        run_id=episode_id,
        event_id=derived_event_id(episode_id, data.event_type(), data.schema_version),
        occurred_at=now,
    )


def awaits_upload(view: EpisodeView) -> bool:
    """Tell whether an upload is welcome: one that began in time may end after its expiry."""
    late = view.state == "failed" and view.error is not None and view.error.code == EXPIRED
    return view.state == "awaiting_upload" or late


def _measured(path: Path) -> tuple[int, str]:
    try:
        with path.open("rb") as body:
            sha256 = hashlib.file_digest(body, "sha256").hexdigest()
            return body.tell(), sha256
    except FileNotFoundError as error:
        raise NotFound(f"{path}: no such file", hint="check the path", code="file_missing") from (
            error
        )
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}", code="file_unreadable") from error
