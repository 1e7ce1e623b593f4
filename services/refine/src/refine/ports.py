"""What refinement needs from outside: a language model, an episode's history, known speakers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from refine.domain.voices import SpeakerMatch

if TYPE_CHECKING:
    from everyword_events import BlobRef, Event, EventData

Data = TypeVar("Data", bound="EventData")


@dataclass(frozen=True)
class Reply:
    """What a language model answered, and the tokens it was paid for.

    `whole` is False when the model stopped before its answer was finished.
    """

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    whole: bool = True


class LanguageModel(Protocol):
    """Completes a prompt with JSON of a given schema."""

    @property
    def name(self) -> str:
        """Which model answers: part of what a stored reply is found by."""

    def complete(
        self,
        *,
        system: str,
        user: str,
        schema: Mapping[str, Any],
        max_tokens: int,
        timeout_s: float,
    ) -> Reply:
        """Answer `user` under the instructions of `system`, in JSON of `schema`.

        The caller checks the answer: a model may say anything.

        Raises:
            TransientFailure: busy, throttled, timed out or unreachable after bounded retries.
            Misconfigured: the model, the address or the key is wrong.
            InvalidInput: the model refuses this prompt, or what it sends is no completion.
        """


class EpisodeHistory(Protocol):
    """What happened to an episode, as the event log knows."""

    def newest(self, episode_id: str, kind: "type[EventData]") -> "Event | None":
        """Return the event of `kind` with the newest run, or None."""

    def edits(self, episode_id: str) -> "Sequence[Event]":
        """Return every TranscriptEdited a person made, oldest first, replays left out."""

    def refinements(self, episode_id: str) -> "Sequence[Event]":
        """Return every TranscriptRefined of the episode, by their runs, the oldest first."""

    def of_show(self, show: str) -> "Sequence[Event]":
        """Return the newest TranscriptRefined of each episode of a show that is not removed."""


class VoiceHistory(Protocol):
    """What is known of an episode's voices, as the event log knows."""

    def ready(self, episode_id: str) -> "Sequence[Event]":
        """Return every TranscriptReady of the episode, by their runs, the oldest first."""

    def forgotten(self, episode_id: str) -> frozenset[str]:
        """Return the ids of the edits that teach no voice any more."""

    def with_voices(self) -> "Sequence[str]":
        """Return the episodes that have voiceprints, as far as they were not all forgotten."""


class KnownSpeakers(Protocol):
    """Recognises the voices of people who consented to be known by name in a show."""

    def match(
        self, show: str, episode_id: str, voices: "Mapping[str, BlobRef]"
    ) -> Sequence[SpeakerMatch]:
        """Return whom the voices of an episode's labels belong to, as far as that is known."""

    def remember(self, show: str, event: "Event") -> None:
        """Note that a person's edit says whose voice a label's is."""

    def delete(self, event: "Event") -> None:
        """Delete the voiceprints that a VoiceForgotten names; done twice, it is done once."""
