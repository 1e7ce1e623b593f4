"""What a person reads of where a transcript comes from."""

from datetime import UTC, datetime

import pytest

from everyword_events import EngineInfo
from everyword_local.web.trust import trust_notes
from ingest.domain import EpisodeView

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def view(name: str, *flags: str) -> EpisodeView:
    engine = EngineInfo(name=name, model="base", device="cpu")
    return EpisodeView(
        episode_id="e", run_id="r", state="ready", engine=engine, flags=flags,
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
        ("something_new:7", "something new: 7"),
    ],
)
def test_every_flag_is_said_in_words(flag: str, words: str) -> None:
    assert words in trust_notes(view("faster-whisper", flag))[1]
