"""Voices that people named in a show: whose they are is known again in later episodes.

A voiceprint lies with the recognition that it is of; a list for each show says by which edits
people named a voice. What an episode teaches is gone with it; a voice that was to be forgotten is
deleted, and its edits teach no more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from everyword_events import (
    BlobRef,
    Event,
    EventLog,
    NotFound,
    TranscriptEdited,
    TranscriptReady,
    TranscriptRefined,
    VoiceForgotten,
    next_run_id,
)
from everyword_storage import BlobStore, artifact_key
from everyword_transcripts import (
    Transcript,
    Voiceprint,
    forgotten_voiceprints,
    read_transcript,
    read_voiceprint,
)
from refine.contract import CONTRACT
from refine.domain.edits import DIARIZED, Edit, in_force
from refine.domain.voices import SpeakerMatch, matches
from refine.ports import EpisodeHistory, VoiceHistory
from refine.show_edits import ShowEdits


@dataclass(frozen=True)
class KnownVoice:
    """Whose voice is known, from which episodes, and how long it was heard in them, in seconds."""

    name: str
    episodes: tuple[str, ...]
    speech_s: float


@dataclass(frozen=True)
class _Sample:
    episode_id: str
    name: str
    voice: Voiceprint


class ShowVoices:
    """Learns voices from people's edits, knows them again, forgets them (`KnownSpeakers`).

    `erase` deletes the voiceprints that a VoiceForgotten names, where it may: else whoever owns
    them does when the event comes.
    """

    def __init__(
        self,
        blobs: BlobStore,
        history: EpisodeHistory,
        voices: VoiceHistory,
        log: EventLog,
        *,
        erase: Callable[[Event], None],
    ) -> None:
        self._blobs = blobs
        self._erase = erase
        self._named = ShowEdits(blobs, "voices")
        self._history = history
        self._voices = voices
        self._log = log

    def remember(self, show: str, event: Event) -> None:
        """Note that a person's edit says whose voice a label's is."""
        self._named.add(show, event)

    def match(
        self, show: str, episode_id: str, voices: Mapping[str, BlobRef]
    ) -> Sequence[SpeakerMatch]:
        """Return whom an episode's voices belong to, by what the show's other episodes taught."""
        heard = {label: voice for label, ref in voices.items() if (voice := self._read(ref))}
        known: dict[str, list[Voiceprint]] = {}
        if heard:
            for sample in self._samples(show, but=episode_id):
                known.setdefault(sample.name, []).append(sample.voice)
        return matches(heard, known)

    def known(self, show: str) -> list[KnownVoice]:
        """Return whose voices are known in a show, by their names."""
        by_name: dict[str, list[_Sample]] = {}
        for sample in self._samples(show):
            by_name.setdefault(sample.name, []).append(sample)
        return [
            KnownVoice(
                name,
                tuple(dict.fromkeys(each.episode_id for each in own)),
                round(sum(each.voice.speech_s for each in own), 1),
            )
            for name, own in sorted(by_name.items())
        ]

    def forget(self, show: str, name: str | None) -> list[str]:
        """Delete what is kept of a person's voice in a show, of all voices without a name.

        Returns the episodes that had something of it. The names in transcripts stay.

        Raises:
            NotFound: nothing is kept of that voice.
        """
        # What teaches goes first: whoever is interrupted then is known no more all the same.
        taught = {listed.episode_id: None for listed in self._named.of(show)}
        forgotten = [
            episode_id
            for episode_id in taught
            if (refined := self._history.newest(episode_id, TranscriptRefined)) is not None
            and self._forgets(refined, name)
        ]
        forgotten += [
            refined.meta.episode_id
            for refined in self._history.of_show(show)
            if refined.meta.episode_id not in taught and self._forgets(refined, name)
        ]
        if not forgotten and name is not None:
            raise NotFound(
                f"no voice is known as {name[:80]!r} in the show {show!r}",
                hint="`everyword voices list` says whose are",
                code="voice_missing",
            )
        return forgotten

    def forget_withdrawn(
        self, consents: Callable[[str], bool], stopping: Callable[[], bool] = lambda: False
    ) -> list[str]:
        """Delete what is kept of voices in shows that do not consent any more.

        Returns the episodes that had something of it.
        """
        forgotten = []
        for episode_id in self._voices.with_voices():
            if stopping():
                break
            refined = self._history.newest(episode_id, TranscriptRefined)
            if refined is None or not isinstance(refined.data, TranscriptRefined):
                continue
            if not consents(refined.data.episode.show) and self._forgets(refined, None):
                forgotten.append(episode_id)
        return forgotten

    def delete(self, event: Event) -> None:
        """Delete the voiceprints that an event names; done twice, it is done once."""
        self._erase(event)

    def _forgets(self, refined: Event, name: str | None) -> bool:
        """Forget a voice in one episode; tell whether anything was kept of it there."""
        event = self._forgetting(refined, name)
        if event is None:
            return False
        self._log.append([event])
        self._erase(event)
        return True

    def _forgetting(self, refined: Event, name: str | None) -> Event | None:
        """Return the event that forgets a voice in one episode, if anything is kept of it there."""
        episode_id = refined.meta.episode_id
        runs = self._voices.ready(episode_id)
        newest = runs[-1] if runs else None
        if newest is None or not isinstance(newest.data, TranscriptReady):
            return None
        called = _labels(self._transcript(refined))
        labels = tuple(
            label for label in newest.data.voices if name is None or called.get(label) == name
        )
        teaching = self._teaching(episode_id)
        edits = tuple(each.event_id for each in teaching if name in {None, each.data.speaker})
        kept = any(
            self._read(ref) is not None
            for ready in runs
            if isinstance(ready.data, TranscriptReady)
            for label, ref in ready.data.voices.items()
            if name is None or called.get(label) == name
        )
        if not kept and not edits:
            return None
        data = VoiceForgotten(
            name=name or "", of_run=_recognised_in(runs), labels=labels, edits=edits
        )
        run_id = next_run_id(self._log, episode_id)
        return Event.first(CONTRACT.service, data, episode_id=episode_id, run_id=run_id)

    def _samples(self, show: str, *, but: str = "") -> Iterator[_Sample]:
        """Yield the voices that people named in a show's episodes, `but` for one."""
        named: dict[str, set[str]] = {}
        for listed in self._named.of(show):
            named.setdefault(listed.episode_id, set()).add(listed.event_id)
        for episode_id, event_ids in named.items():
            if episode_id != but:
                yield from self._taught(episode_id, event_ids)

    def _taught(self, episode_id: str, event_ids: set[str]) -> Iterator[_Sample]:
        teaching = {
            each.data.speaker
            for each in self._teaching(episode_id)
            # Whoever is SPEAKER_00 in one episode is anybody in another.
            if each.event_id in event_ids or not DIARIZED.fullmatch(each.data.was)
        }
        runs = self._voices.ready(episode_id)
        refined = self._history.newest(episode_id, TranscriptRefined)
        if not teaching or not runs or refined is None:
            return
        newest = runs[-1].data
        assert isinstance(newest, TranscriptReady)
        kept = {label: voice for label, ref in newest.voices.items() if (voice := self._read(ref))}
        names = _labels(self._transcript(refined)) if kept else {}
        for label, voice in kept.items():
            if names.get(label) in teaching:
                yield _Sample(episode_id, names[label], voice)

    def _teaching(self, episode_id: str) -> list[Edit]:
        """Return the edits in force that name a voice and were not forgotten."""
        edits = [
            Edit(event.meta.event_id, event.data)
            for event in self._history.edits(episode_id)
            if isinstance(event.data, TranscriptEdited)
        ]
        forgotten = self._voices.forgotten(episode_id)
        return [
            edit
            for edit in in_force(edits)
            if edit.data.label and edit.data.speaker and edit.event_id not in forgotten
        ]

    def _read(self, ref: BlobRef) -> Voiceprint | None:
        """Return a voiceprint; None where it was deleted."""
        try:
            return read_voiceprint(self._blobs.get(ref))
        except NotFound:
            return None

    def _transcript(self, refined: Event) -> Transcript:
        assert isinstance(refined.data, TranscriptRefined)
        return read_transcript(self._blobs.get(refined.data.transcript))


class VoiceErasure:
    """Deletes the voiceprints that a VoiceForgotten names, from a store that holds them."""

    def __init__(self, blobs: BlobStore, voices: VoiceHistory) -> None:
        self._blobs = blobs
        self._voices = voices

    def __call__(self, event: Event) -> None:
        """Delete them; done twice, it is done once."""
        episode_id = event.meta.episode_id
        if isinstance(event.data, VoiceForgotten):
            runs = [ready.meta.run_id for ready in self._voices.ready(episode_id)]
            for run_id, folder in forgotten_voiceprints(event.data, runs):
                self._blobs.delete(f"{artifact_key(episode_id, run_id, folder)}/")


def _recognised_in(runs: Sequence[Event]) -> str:
    """Return the run whose recognition the newest run has: a replay keeps no voiceprints anew."""
    voices = getattr(runs[-1].data, "voices", None)
    found = runs[-1]
    for ready in reversed(runs):
        if getattr(ready.data, "voices", None) != voices:
            break
        found = ready
    return found.meta.run_id


def _labels(transcript: Transcript) -> dict[str, str]:
    """Return the name of each label that has one."""
    return {each.label: each.name for each in transcript.speakers if each.name}
