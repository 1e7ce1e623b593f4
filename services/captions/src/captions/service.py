"""The use cases: publish an episode's captions, keep their title, serve them, forget them."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from captions.config import CaptionsSettings
from captions.domain.chapters import MEDIA_TYPE as CHAPTERS_TYPE
from captions.domain.chapters import generate_chapters, suggested_chapters, write_chapters
from captions.domain.file_formats import CHAPTERS, CHAPTERS_FILE, FORMATS, PUBLISHED
from captions.domain.latest import LatestFiles, retitled_name
from captions.ports import LatestCaptions
from captions.standalone import transcript_writer
from everyword_events import (
    BlobRef,
    CaptionsPublished,
    EpisodeChanged,
    EpisodeRemoved,
    Event,
    NotFound,
    TranscriptRefined,
    TransientFailure,
)
from everyword_storage import BlobStore, artifact_key, done_once, episode_prefix
from everyword_transcripts import Transcript, read_transcript

_LOG = logging.getLogger(__name__)
_TITLED = ("html", "md")
_TRIES = 8


class CaptionsService:
    """Turns refined transcripts into caption files.

    `settings_for` gives a show's settings by its name; `latest` is the projection served.
    """

    def __init__(
        self,
        blobs: BlobStore,
        settings_for: Callable[[str], CaptionsSettings],
        latest: LatestCaptions,
    ) -> None:
        self._blobs = blobs
        self._settings_for = settings_for
        self._latest = latest

    def handle(self, event: Event) -> Sequence[Event]:
        """Take one of the events in `contract.CONTRACT`; see `everyword_events.Handler`."""
        episode_id, data = event.meta.episode_id, event.data
        if isinstance(data, TranscriptRefined):
            return self._publish(event, data)
        if isinstance(data, EpisodeChanged):
            self._update(episode_id, lambda was: was.titled(data.episode))
        elif isinstance(data, EpisodeRemoved):
            self.forget(episode_id)
        return ()

    def forget(self, episode_id: str) -> None:
        """Delete what is held of a removed episode, but for that it was removed."""
        self._update(episode_id, LatestFiles.without)
        self._blobs.delete(episode_prefix(episode_id))

    def file(self, episode_id: str, format_name: str, run_id: str | None = None) -> BlobRef:
        """Return the claim check of one caption file, of the newest run unless one is named.

        Raises:
            NotFound: there is no such episode, run or format.
        """
        form = FORMATS.get(format_name)
        known = self._latest.get(episode_id)
        ref: BlobRef | None = None
        if form is not None and known is not None and not known.removed:
            if run_id is None or run_id == known.run_id:
                ref = known.files.get(format_name)
            else:
                ref = self._blobs.stat(_key(episode_id, run_id, form.file))
        if form is None or ref is None:
            raise NotFound(
                f"no {format_name} captions of episode {episode_id}",
                hint="they are there when the episode is ready",
                code="captions_not_found",
            )
        return ref.model_copy(update={"media_type": form.media_type})

    def chapters(self, episode_id: str) -> bytes:
        """Return the chapters that were made for an episode, as Podcasting 2.0 JSON chapters.

        Raises:
            NotFound: none were: it is short, of one piece, not ready, or it is switched off.
        """
        known = self._latest.get(episode_id)
        ref = known.files.get(CHAPTERS) if known is not None and not known.removed else None
        if ref is None:
            raise NotFound(f"episode {episode_id} has no chapters", code="chapters_missing")
        return self._blobs.get(ref)

    def show_of(self, episode_id: str) -> str:
        """Return the show of an episode that has captions.

        Raises:
            NotFound: there is no such episode.
        """
        known = self._latest.get(episode_id)
        if known is None or known.removed or known.episode is None:
            raise NotFound(f"no captions of episode {episode_id}", code="captions_not_found")
        return known.episode.show

    def read(self, ref: BlobRef) -> bytes:
        """Return a caption file's bytes."""
        return self._blobs.get(ref)

    def _publish(self, event: Event, data: TranscriptRefined) -> Sequence[Event]:
        episode_id, run_id = event.meta.episode_id, event.meta.run_id
        known = self._latest.get(episode_id)
        if known is not None and known.removed:
            return ()
        published = done_once(
            self._blobs,
            CaptionsPublished,
            lambda: CaptionsPublished(files=self._write_all(episode_id, run_id, data)),
            episode_id=episode_id,
            run_id=run_id,
            step="captions",
        )
        now = self._update(
            episode_id, lambda was: was.published(run_id, published.files, data.episode)
        )
        if now.removed:  # meanwhile
            self._blobs.delete(episode_prefix(episode_id))
            return ()
        _LOG.info(
            "captions published",
            extra={"action": "captions_published", "episode_id": episode_id, "run_id": run_id},
        )
        return (event.causes("captions", published),)

    def _update(self, episode_id: str, change: Callable[[LatestFiles], LatestFiles]) -> LatestFiles:
        """Change the projection, and bring the titles in its files up to date."""
        for _ in range(_TRIES):
            was = self._latest.get(episode_id)
            known = self._with_title(episode_id, change(was or LatestFiles()))
            if known == was or self._latest.put(episode_id, known):
                return known
        raise TransientFailure(
            f"the captions of episode {episode_id} keep changing", code="captions_contended"
        )

    def _with_title(self, episode_id: str, known: LatestFiles) -> LatestFiles:
        title = known.outdated_title()
        if title is None or known.episode is None:
            return known
        said = read_transcript(self._blobs.get(known.files["json"]))
        again = self._write(episode_id, known.run_id, said, known.episode.show, title, only=_TITLED)
        return replace(known, files={**known.files, **again}, shown_title=title)

    def _write_all(
        self, episode_id: str, run_id: str, data: TranscriptRefined
    ) -> dict[str, BlobRef]:
        said = read_transcript(self._blobs.get(data.transcript))
        show, title = data.episode.show, data.episode.title
        chapters = self._write_chapters(episode_id, run_id, said, data)
        return {**chapters, **self._write(episode_id, run_id, said, show, title)}

    def _write_chapters(
        self, episode_id: str, run_id: str, said: Transcript, data: TranscriptRefined
    ) -> dict[str, BlobRef]:
        """Write the language model's chapters, else those of pauses and topic words, if any."""
        if not self._settings_for(data.episode.show).chapters:
            return {}
        suggested = suggested_chapters(
            ((each.start, each.title) for each in data.chapters), said.duration_s
        )
        chapters = suggested or generate_chapters(said)
        if not chapters:
            return {}
        made = write_chapters(chapters, by_model=bool(suggested))
        key = _key(episode_id, run_id, CHAPTERS_FILE)
        return {CHAPTERS: self._blobs.put(key, made, media_type=CHAPTERS_TYPE)}

    def _write(
        self,
        episode_id: str,
        run_id: str,
        said: Transcript,
        show: str,
        title: str,
        *,
        only: Iterable[str] = (),
    ) -> dict[str, BlobRef]:
        settings = self._settings_for(show)
        script = transcript_writer(said, settings, title=title)
        files = {}
        for name in only or [form.name for form in PUBLISHED]:
            form = FORMATS[name]
            artifact = retitled_name(form.file, title) if only else form.file
            files[name] = self._blobs.put(
                _key(episode_id, run_id, artifact),
                script.write(name),
                media_type=form.media_type,
            )
        return files


def _key(episode_id: str, run_id: str, file: str) -> str:
    return artifact_key(episode_id, run_id, f"captions/{file}")
