"""Which scripts `all.py` runs, with which options, and what each needs to be there."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

WHISPER: Final = "tiny.en"
ON_RECORDINGS: Final = (
    "known_voices",
    "perhaps_said",
    "public_recordings",
    "speaker_counts",
    "whole_against_parts",
)


def _nothing() -> str:
    return ""


@dataclass(frozen=True)
class Run:
    """A script with its options; `quick` are those for `--quick`, None where it is left out.

    `lacks` says what is not there that it cannot do without.
    """

    script: str
    options: Sequence[str] = ()
    quick: Sequence[str] | None = None
    lacks: Callable[[], str] = _nothing

    def name(self, options: Sequence[str]) -> str:
        """Return what the run is called."""
        return " ".join((self.script, *options))


def no_node() -> str:
    """Say whether node is not there."""
    return "" if shutil.which("node") else "no node"


def no_tantivy() -> str:
    """Say whether tantivy is not there."""
    return "" if find_spec("tantivy") else "no tantivy"


def no_opensearch() -> str:
    """Say whether no OpenSearch can be started."""
    if os.environ.get("OPENSEARCH_URL") or shutil.which("java"):
        return ""
    return "no Java"


def no_whisper() -> str:
    """Say whether the model that recognition is measured with is not there."""
    if find_spec("faster_whisper") is None:
        return "no faster-whisper"
    from transcribe_gpu.standalone import model_library  # noqa: PLC0415 - after the look for it

    return "" if model_library().find(WHISPER) else f"no {WHISPER} - everyword models fetch it"


RUNS: Final = (
    Run("commands", quick=("--runs", "3")),
    Run("imports", quick=("--transcripts", "20")),
    Run("memory", quick=("--transcripts", "10")),
    Run("over_http", quick=()),
    Run("against_tantivy", quick=("--rounds", "2"), lacks=no_tantivy),
    Run("many_searches", quick=("--seconds", "1")),
    Run("word_search", ("--sounds",), quick=("--sounds", "--indexing")),
    Run("refine_and_captions", quick=(), lacks=no_node),
    Run("recognition_speed", quick=("--runs", "1"), lacks=no_whisper),
    Run(
        "recognition_speed", ("--commands",), quick=("--commands", "--runs", "2"), lacks=no_whisper
    ),
    Run("word_search", ("--opensearch",), lacks=no_opensearch),
    Run("word_search", ("--sounds", "--hours", "2000")),
    Run("pipeline"),
    Run("bus"),
    Run("caption_files"),
    Run("refine_transcripts"),
    Run("found_by_sound"),
    Run("sounds_alike"),
    Run("recognition"),
    Run("diarization", lacks=no_whisper),
    Run("lambda_imports"),
    Run("lambda_bytecode"),
    Run("long_audio"),
    Run("scale"),
    Run("soak"),
)
