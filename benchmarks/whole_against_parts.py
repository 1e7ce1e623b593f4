"""Windows damage no words: recordings joined to a long one, against the same recordings alone.

    python benchmarks/whole_against_parts.py FOLDER [--minutes 22] [--model tiny.en] [--seed 1]

FOLDER holds recordings and their truth, as for `everyword eval asr`; those with words are drawn in
any order, again and again, until they last so long. Word errors of the joined recording and of the
parts, each recognised alone, are counted against the same truth, case and punctuation aside. A
recogniser hears other words if a recording begins some milliseconds later; so the parts are also
recognised with as much silence before them (under 32 ms, a frame of voice activity) as puts them
where they are in the whole.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from everyword_transcripts import Transcript
from everyword_transcripts.truth import Truth, read_truths
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain.voice_activity import FRAME
from transcribe_gpu.evaluation.measures import plain_words, word_errors
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array
from transcribe_gpu.standalone import FileTranscriber

PAUSE_S = 0.5
PAUSE = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ), np.float32)
MOST_DIFFERENCE = 0.003


def main() -> None:
    """Print both word error rates and their difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=22.0)
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    settings = TranscribeSettings(
        engine="faster-whisper", model=chosen.model, language="en", diarization="off"
    )
    transcriber = FileTranscriber()

    def heard(file: Path) -> list[str]:
        found: Transcript = transcriber.transcribe(
            file, settings, report=lambda *_: None, announce=lambda _: None
        )
        return plain_words(word.word for word in found.words())

    truths = [truth for truth in read_truths(chosen.folder).truths if truth.words]
    samples = {truth.audio: decoded(truth.audio) for truth in truths}
    order = drawn(truths, samples, chosen.minutes * 60, random.Random(chosen.seed))
    said = [plain_words(word.text for word in truth.words) for truth in order]
    alone = {truth.audio: heard(truth.audio) for truth in truths}
    with tempfile.TemporaryDirectory() as folder:
        moved = sum(
            word_errors(words, heard(_written(Path(folder, "part.wav"), part)))
            for words, part in zip(said, _moved(order, samples), strict=True)
        )
    in_parts = sum(word_errors(s, alone[t.audio]) for s, t in zip(said, order, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        joined = np.concatenate([part for t in order for part in (samples[t.audio], PAUSE)])
        whole = _written(Path(folder, "whole.wav"), joined)
        as_one = word_errors([word for words in said for word in words], heard(whole))
    words = sum(map(len, said))
    minutes = len(joined) / SAMPLE_RATE_HZ / 60
    print(f"{minutes:.1f} minutes of {len(order)} recordings, {words:,} words, {chosen.model}")
    print(f"the parts alone     {in_parts / words:7.2%}")
    print(f"the parts, moved    {moved / words:7.2%}")
    print(f"joined              {as_one / words:7.2%}")
    print(f"joined, from moved  {(as_one - moved) / words:+7.2%}   goal {MOST_DIFFERENCE:.1%}")


def _moved(order: list[Truth], samples: dict[Path, Float32Array]) -> Iterator[Float32Array]:
    """Yield each part of the whole, begun in a frame of voice activity where it begins there."""
    at = 0
    for truth in order:
        yield np.concatenate([np.zeros(at % FRAME, np.float32), samples[truth.audio]])
        at += len(samples[truth.audio]) + len(PAUSE)


def _written(file: Path, samples: Float32Array) -> Path:
    soundfile.write(file, samples, SAMPLE_RATE_HZ)
    return file


def decoded(file: Path) -> Float32Array:
    """Return a recording's samples: float32, (n_samples,), 16 kHz mono."""
    with file.open("rb") as source:
        return np.concatenate([*PyAvAudio(source).blocks()])


def drawn(
    truths: list[Truth], samples: dict[Path, Float32Array], seconds: float, chance: random.Random
) -> list[Truth]:
    """Return recordings, every one as often as another, in any order, that last so long."""
    order: list[Truth] = []
    lasting = 0.0
    while lasting < seconds:
        for truth in chance.sample(truths, len(truths)):
            order.append(truth)
            lasting += len(samples[truth.audio]) / SAMPLE_RATE_HZ + PAUSE_S
            if lasting >= seconds:
                break
    return order


if __name__ == "__main__":
    main()
