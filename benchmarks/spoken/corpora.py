"""Recordings whose truth is known, recognised once: the shipped samples and flite's voices."""

import hashlib
import io
import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jiwer
import numpy as np
import soundfile

from everyword_transcripts import Transcript, read_transcript, write_transcript
from search.config import SearchSettings
from search.engines import SearchEngine, open_engine
from search.evaluation import document_of
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.standalone import transcribe_file

BENCHMARKS: Final = Path(__file__).parents[1]
SAMPLES: Final = BENCHMARKS.parent / "infra/local/src/everyword_local/samples"
SENTENCES: Final = BENCHMARKS / "texts/spoken_terms.txt"
CACHE: Final = Path(tempfile.gettempdir()) / "everyword-found-by-sound"
VOICES: Final = ("slt", "rms", "awb")
_PAUSE_S: Final = 0.5
_NOISE_RMS: Final = 0.003
_NEAR_S: Final = 1.5
_STOP: Final = frozenset(
    [
        "about",
        "above",
        "after",
        "again",
        "against",
        "alone",
        "among",
        "before",
        "behind",
        "being",
        "below",
        "beneath",
        "beside",
        "between",
        "could",
        "every",
        "first",
        "found",
        "having",
        "might",
        "never",
        "nobody",
        "other",
        "outside",
        "shall",
        "should",
        "since",
        "still",
        "their",
        "there",
        "these",
        "thing",
        "things",
        "those",
        "through",
        "today",
        "twice",
        "under",
        "until",
        "where",
        "which",
        "while",
        "who",
        "would",
        "whole",
        "whose",
        "with",
        "without",
        "yours",
    ]
)


@dataclass(frozen=True)
class Term:
    """A word really said: when, within which sentence, and whether it is a name."""

    word: str
    episode: str
    at_s: float
    sentence_s: tuple[float, float]
    is_name: bool

    def is_at(self, episode: str, start_s: float) -> bool:
        """Tell whether a hit is this moment."""
        first, last = self.sentence_s
        inside = first - 0.5 <= start_s <= last + 0.5
        return episode == self.episode and inside and abs(start_s - self.at_s) < _NEAR_S


@dataclass(frozen=True)
class Corpus:
    """Recognised recordings and the words really said in them; `wer` is the word error rate.

    `spans` are the sentences' times, where there is one recording.
    """

    name: str
    heard: Sequence[tuple[str, Transcript]]
    terms: Sequence[Term]
    wer: float
    sentences: Sequence[str] = ()
    spans: Sequence[tuple[float, float]] = ()


def samples(cache: Path) -> Corpus:
    """Return the shipped episodes; their truth has a time for every word."""
    heard, terms, texts = [], [], []
    for truth_file in sorted(SAMPLES.glob("*.json")):
        truth = json.loads(truth_file.read_text(encoding="utf-8"))
        audio = truth_file.with_name(truth["audio"])
        heard.append((truth_file.stem, recognised(audio, cache, channels=truth["channels"])))
        for sentence in truth["sentences"]:
            texts.append(sentence["text"])
            terms += [
                Term(text, truth_file.stem, said["start"], (sentence["start"], sentence["end"]),
                     number > 0 and said["word"][0].isupper())
                for number, said in enumerate(sentence["words"])
                if (text := content(said["word"]))
            ]  # fmt: skip
    return Corpus("samples", heard, terms, word_errors(texts, [one for _, one in heard]))


def sentences_of(section: str) -> Sequence[str]:
    """Return one section of the sentences written for this."""
    text = SENTENCES.read_text(encoding="utf-8").split(f"## {section}\n")[1].split("\n## ")[0]
    return [line for line in text.splitlines() if line and line[0] != "#"]


def spoken(name: str, sentences: Sequence[str], cache: Path) -> Corpus:
    """Return sentences spoken by flite in three voices, with some noise."""
    audio = cache / f"{digest('|'.join(sentences).encode())}.wav"
    spans: list[tuple[float, float]] = []
    pieces = [np.zeros(int(_PAUSE_S * 16_000), np.float32)]
    at = _PAUSE_S
    for number, text in enumerate(sentences):
        voice = VOICES[number % len(VOICES)]
        command = ["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"]
        spoken_wav = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        samples_, _ = soundfile.read(io.BytesIO(spoken_wav), dtype="float32")
        pieces += [samples_, pieces[0]]
        spans.append((at, at + len(samples_) / 16_000))
        at = spans[-1][1] + _PAUSE_S
    whole = np.concatenate(pieces)
    whole += np.random.default_rng(0).normal(0, _NOISE_RMS, len(whole)).astype(np.float32)
    soundfile.write(audio, whole * 0.8 / np.abs(whole).max(), 16_000, subtype="PCM_16")
    terms = []
    for text, (start, end) in zip(sentences, spans, strict=True):
        words = re.findall(r"[A-Za-z']+", text)
        terms += [
            Term(term, name, start + (end - start) * number / len(words), (start, end),
                 number > 0 and word[0].isupper())
            for number, word in enumerate(words)
            if (term := content(word))
        ]  # fmt: skip
    heard = recognised(audio, cache, channels="mix")
    wer = word_errors(sentences, [heard])
    return Corpus(name, [(name, heard)], terms, wer, sentences, spans)


def recognised(audio: Path, cache: Path, *, channels: Any) -> Transcript:
    """Recognise a recording, once."""
    kept = cache / f"{digest(audio.read_bytes())}.json"
    if not kept.exists():
        settings = TranscribeSettings(engine="pocketsphinx", channels=channels, sounds=True)
        heard = transcribe_file(audio, settings, report=lambda *_: None, announce=lambda _: None)
        kept.write_bytes(write_transcript(heard))
    return read_transcript(kept.read_bytes())


def digest(raw: bytes) -> str:
    """Name a file by what it was made from."""
    return hashlib.sha256(raw).hexdigest()[:16]


def content(word: str) -> str:
    """Return the word if it is one to search for, else nothing."""
    plain = re.sub(r"[^a-z']", "", word.lower())
    return plain if len(plain) >= 5 and plain not in _STOP else ""


def word_errors(texts: Sequence[str], heard: Sequence[Transcript]) -> float:
    """Return the word error rate, channels in the order of their times."""
    said = " ".join(re.sub(r"[^a-z' ]", " ", " ".join(texts).lower()).split())
    got = " ".join(segment.text for one in heard for segment in one.segments)
    return float(jiwer.wer(said, got))


def indexed(heard: Sequence[tuple[str, Transcript]], folder: Path) -> SearchEngine:
    """Return an index of some transcripts."""
    engine = open_engine(SearchSettings(), folder / "index.db")
    for name, transcript in heard:
        engine.index.put(document_of(name, transcript))
    return engine
