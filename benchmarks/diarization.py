"""Who speaks when: diarization error rate without a collar, on the shipped interview or your own.

    python benchmarks/diarization.py [AUDIO REFERENCE.rttm [SPEAKERS]]

Needs the models: everyword models fetch resemblyzer, and pyannote-segmentation; without the second,
voice activity tells when somebody speaks.
"""

import itertools
import json
import sys
import time
from importlib.resources import files
from pathlib import Path

import numpy as np

from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.diarization.process import MODEL, SEGMENTATION_MODEL
from transcribe_gpu.diarization.segmentation import SpeakerSegmentation
from transcribe_gpu.diarization.segmented import diarize_segmented
from transcribe_gpu.diarization.voice_embedding import VoiceEncoder
from transcribe_gpu.diarization.voices import diarize
from transcribe_gpu.models import SEGMENTATION, VOICES
from transcribe_gpu.standalone import model_library

FRAMES_PER_S = 100
Turn = tuple[float, float, str]


def main() -> None:
    """Print one line per number of speakers asked for."""
    model = model_library().find(MODEL, model_format=VOICES)
    if model is None:
        print(f"diarization: no model here - everyword models fetch {MODEL}")
        return
    encoder = VoiceEncoder(model.path / "pretrained.pt")
    known = model_library().find(SEGMENTATION_MODEL, model_format=SEGMENTATION)
    segmentation = None
    if known is not None:
        segmentation = SpeakerSegmentation(known.path / "pytorch_model.bin")
    audio, reference = (
        (Path(sys.argv[1]), read_rttm(Path(sys.argv[2]))) if sys.argv[2:] else shipped()
    )
    count = int(sys.argv[3]) if sys.argv[3:] else len({speaker for _, _, speaker in reference})
    for asked in (0, count):
        began = time.process_time()
        with audio.open("rb") as source:
            recording = PyAvAudio(source)
            if segmentation is None:
                activity = voice_activity().stream()
                found = diarize(recording.blocks(), activity, encoder, speakers=asked)
            else:
                found = diarize_segmented(recording.blocks(), segmentation, encoder, speakers=asked)
        cost = (time.process_time() - began) / recording.decoded_s
        rates = error_rates(reference, [(t.start, t.end, t.speaker) for t in found.turns])
        told = ", ".join(f"{name} {rate:.3f}" for name, rate in rates.items())
        voices = len({turn.speaker for turn in found.turns})
        print(
            f"{audio.name}: asked {asked or 'auto'}, found {voices}: {told}; {cost:.3f} CPU s per s"
        )


def shipped() -> tuple[Path, list[Turn]]:
    """Return the shipped interview and who speaks when in it."""
    folder = Path(str(files("everyword_local") / "samples"))
    truth = json.loads((folder / "interview.json").read_text(encoding="utf-8"))
    turns = [
        (word["start"], word["end"], str(sentence["channel"]))
        for sentence in truth["sentences"]
        for word in sentence["words"]
    ]
    return folder / truth["audio"], turns


def read_rttm(path: Path) -> list[Turn]:
    """Read NIST's rich transcription time marks."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        (float(row[3]), float(row[3]) + float(row[4]), row[7])
        for row in rows
        if row[:1] == ["SPEAKER"]
    ]


def error_rates(reference: list[Turn], found: list[Turn]) -> dict[str, float]:
    """Return DER and its parts, speakers matched so that they agree best; overlap counts."""
    length = max(end for _, end, _ in [*reference, *found])
    truth, heard = _grid(reference, length), _grid(found, length)
    missing = max(0, len(truth) - len(heard))
    heard = np.concatenate([heard, np.zeros((missing, heard.shape[1]), bool)])
    matched = max(
        np.count_nonzero(truth & heard[list(order)])
        for order in itertools.permutations(range(len(heard)), len(truth))
    )
    speaks, says = truth.sum(axis=0), heard.sum(axis=0)
    total = speaks.sum()
    missed = np.maximum(0, speaks - says).sum() / total
    false = np.maximum(0, says - speaks).sum() / total
    confused = (np.minimum(speaks, says).sum() - matched) / total
    return {"DER": missed + false + confused, "miss": missed, "false": false, "confused": confused}


def _grid(turns: list[Turn], length_s: float) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    names = sorted({name for _, _, name in turns})
    grid = np.zeros((len(names), round(length_s * FRAMES_PER_S) + 1), bool)
    for start, end, name in turns:
        grid[names.index(name), round(start * FRAMES_PER_S) : round(end * FRAMES_PER_S)] = True
    return grid


if __name__ == "__main__":
    main()
