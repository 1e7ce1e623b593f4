"""Transcripts made by the word, and a store on a real disk."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from everyword_storage import DirectoryBlobStore
from everyword_transcripts import Segment, Transcript, Word


def spoken(
    text: str, *, start: float = 0.0, word_s: float = 0.4, pause_s: float = 0.1, speaker: Any = None
) -> list[Word]:
    """Say `text` evenly: each word takes `word_s`, each pause `pause_s`."""
    step = word_s + pause_s
    return [
        Word(word, round(start + i * step, 3), round(start + i * step + word_s, 3), 0.9, speaker)
        for i, word in enumerate(text.split())
    ]


def transcript_of(*texts: str, language: str = "en", speakers: Sequence[str | None] = ()) -> Any:
    """Build a transcript with one segment a text, a second's pause between them."""
    segments = []
    at = 0.0
    for index, text in enumerate(texts):
        speaker = speakers[index % len(speakers)] if speakers else None
        words = spoken(text, start=at, speaker=speaker)
        segments.append(Segment.of(words, speaker=speaker, language=language))
        at = round(words[-1].end + 1.0, 3)
    return Transcript(language, at, tuple(segments))


@pytest.fixture
def say() -> Callable[..., list[Word]]:
    return spoken


@pytest.fixture
def transcribe() -> Callable[..., Transcript]:
    return transcript_of


@pytest.fixture
def blobs(tmp_path: Path) -> DirectoryBlobStore:
    return DirectoryBlobStore(tmp_path / "blobs")
