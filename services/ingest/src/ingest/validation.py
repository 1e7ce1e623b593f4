"""An upload has arrived: is it what was announced, is it audio, and is it new?"""

from collections.abc import Callable
from typing import Final

from everyword_events import (
    AudioUploaded,
    BlobRef,
    EpisodeCreated,
    Event,
    InvalidInput,
    NotFound,
    TranscriptReady,
    UploadRejected,
)
from everyword_storage import BlobStore
from ingest.config import IngestSettings
from ingest.domain import AudioFacts, human_bytes, validate_audio
from ingest.duplicates import DuplicateDetection
from ingest.imports import ImportedTranscripts
from ingest.ports import AudioProbe

DUPLICATE: Final = "duplicate"


class UploadValidation:
    """Validates stored uploads; validated twice, the same upload gives the same result."""

    def __init__(
        self,
        blobs: BlobStore,
        probe: AudioProbe,
        duplicates: DuplicateDetection,
        imports: ImportedTranscripts,
        settings_for: Callable[[str], IngestSettings],
    ) -> None:
        self._blobs = blobs
        self._probe = probe
        self._duplicates = duplicates
        self._imports = imports
        self._settings_for = settings_for

    def validate_upload(
        self, announcement: Event, upload: BlobRef
    ) -> AudioUploaded | TranscriptReady | UploadRejected:
        """Return the event that follows from the upload that `announcement` announced."""
        created, meta = announcement.data, announcement.meta
        assert isinstance(created, EpisodeCreated)
        try:
            facts = self._examined(created, upload)
        except NotFound:
            raise  # the blob went away meanwhile; nothing is wrong with the upload
        except InvalidInput as error:
            return UploadRejected(code=error.code, message=error.message, hint=error.hint)
        owner = self._duplicates.claim(created.episode.show, upload.sha256, meta.episode_id)
        if owner != meta.episode_id and not created.allow_duplicate:
            return UploadRejected(
                code=DUPLICATE,
                message=f"the show has this recording already, as episode {owner}",
                hint="use that episode, or upload with allow_duplicate",
            )
        audio = upload.model_copy(update={"media_type": facts.media_type})
        kept = self._imports.find(episode_id=meta.episode_id, run_id=meta.run_id)
        if kept is not None:
            return self._imports.ready(kept, created.episode, audio=audio, facts=facts)
        return AudioUploaded(
            episode=created.episode,
            audio=audio,
            duration_s=facts.duration_s,
            container=facts.container,
            codec=facts.codec,
            channels=facts.channels,
            sample_rate_hz=facts.sample_rate_hz,
            hints=created.hints,
        )

    def _examined(self, created: EpisodeCreated, upload: BlobRef) -> AudioFacts:
        limits = self._settings_for(created.episode.show).limits
        _check_bytes(created, upload)
        with self._blobs.open(upload) as audio:
            facts = self._probe(audio)
        validate_audio(facts, limits)
        return facts


def _check_bytes(created: EpisodeCreated, upload: BlobRef) -> None:
    if upload.bytes == 0:
        raise InvalidInput("the uploaded file is empty", hint="upload it again", code="empty")
    if created.origin is None and upload.bytes != created.bytes:
        less = upload.bytes < created.bytes
        raise InvalidInput(
            f"{human_bytes(created.bytes)} were announced, {human_bytes(upload.bytes)} came "
            f"({created.bytes} and {upload.bytes} bytes)",
            hint="announce the file's real size, and upload it whole",
            code="truncated" if less else "too_large",
        )
    if created.sha256 is not None and upload.sha256 != created.sha256:
        raise InvalidInput(
            "what came is not what was announced: the SHA-256 digests differ",
            hint="upload the file again; it was changed or damaged on the way",
            code="digest_mismatch",
        )
