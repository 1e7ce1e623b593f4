"""What a person reads of where a transcript comes from."""

from datetime import UTC, datetime

import pytest

from everyword_events import EngineInfo, TranscriptQuality
from ingest.domain import EpisodeView, trust_notes

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def view(name: str, *flags: str, quality: TranscriptQuality | None = None) -> EpisodeView:
    engine = EngineInfo(name=name, model="base", device="cpu")
    return EpisodeView(
        episode_id="e", run_id="r", state="ready", engine=engine, flags=flags, quality=quality,
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def test_a_model_is_named_and_called_a_draft() -> None:
    (line,) = trust_notes(view("faster-whisper"))
    assert line.startswith("Recognised by faster-whisper (base): a machine draft")
    assert "rough draft" in trust_notes(view("pocketsphinx"))[0]


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("repeated_text:2", "(2 found)"),
        ("loud_without_text_s:41", "41 s are loud"),
        ("degraded:model_timeout", "language model's help was left out: model_timeout"),
        ("channels:identical", "Both channels"),
        ("languages:en, de", "each passage was recognised in its own: en, de"),
        ("language_doubtful:en", "perhaps it is not in en. If so, say its language"),
        ("channels_delayed:2", "Channel 2 repeats the other one later"),
        ("channels:speakers", "Each of the two channels holds another voice"),
        ("audio_track:2 of 3", "number 2 of 3"),
        ("something_new:7", "something new: 7"),
    ],
)
def test_every_flag_is_said_in_words(flag: str, words: str) -> None:
    assert words in trust_notes(view("faster-whisper", flag))[1]


def test_the_quality_is_said_in_words() -> None:
    measured = TranscriptQuality(
        doubtful_share=0.123, estimated_share=0.004, windows=9, windows_heard_again=2
    )
    _, doubtful, estimated, again = trust_notes(view("faster-whisper", quality=measured))
    assert "unsure of 12% of the words" in doubtful
    assert "less than 1%" in estimated
    assert again.startswith("2 of 9 passages were heard a second time")
    assert len(trust_notes(view("parakeet", quality=TranscriptQuality()))) == 1
