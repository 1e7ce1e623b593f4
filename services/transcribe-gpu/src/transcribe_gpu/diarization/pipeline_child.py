"""The process that runs a pyannote pipeline: `FOLDER SPEAKERS MEMORY_BYTES`.

Sound on its standard input (int16, 16 kHz mono), turns and voices on its output, as
`transcribe_gpu.diarization.child` has it. The pipeline takes the recording whole: 230 MB an hour.
Written against pyannote.audio 4.0.
"""

import os
import resource
import sys
import warnings
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.domain import Diarization, SpeakerTurn, Voice

RATE_HZ: Final = 16_000


def main() -> int:
    """Diarize the standard input."""
    folder, speakers, memory_bytes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries print to stdout as they like
    warnings.simplefilter("ignore")
    os.nice(5)
    raw = np.frombuffer(sys.stdin.buffer.read(), "<i2")
    samples = np.multiply(raw, 1 / 32768, dtype=np.float32)
    try:
        pipeline = loaded(folder, memory_bytes)
        found = diarized(pipeline, samples, speakers)
    except MemoryError:
        sys.stderr.write("out of memory\n")
        return 1
    except Exception as error:  # noqa: BLE001 - a library's own; the other process decides
        said = " ".join(str(error).split())[:300]
        sys.stderr.write(f"the pipeline of {folder} failed: {type(error).__name__}: {said}\n")
        return 1
    with out:
        out.write(msgspec.json.encode(found))
    return 0


def loaded(folder: Path, memory_bytes: int) -> Any:
    """Load the pipeline, onto the GPU where there is one; memory is bounded elsewhere."""
    import torch  # noqa: PLC0415
    from pyannote.audio import Pipeline  # type: ignore[import-not-found]  # noqa: PLC0415

    if not torch.cuda.is_available():
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    pipeline = Pipeline.from_pretrained(str(folder))
    if pipeline is None:
        raise ValueError("no pipeline can be made of it")
    if torch.cuda.is_available():
        pipeline.to(torch.device("cuda"))
    return pipeline


def diarized(pipeline: Any, samples: NDArray[np.float32], speakers: int) -> Diarization:
    """Return who speaks when in samples, (n_samples,); 0 `speakers` is unknown."""
    import torch  # noqa: PLC0415

    if not samples.size:
        return Diarization(())
    sound = {"waveform": torch.from_numpy(samples)[None], "sample_rate": RATE_HZ}
    said = pipeline(sound, **({"num_speakers": speakers} if speakers else {}))
    spoken = said.speaker_diarization
    labels = list(spoken.labels())
    turns = tuple(
        SpeakerTurn(round(float(turn.start), 3), round(float(turn.end), 3), str(label))
        for turn, _, label in spoken.itertracks(yield_label=True)
    )
    embeddings = said.speaker_embeddings
    voices = []
    for label, embedding in zip(labels, () if embeddings is None else embeddings, strict=False):
        length = float(np.linalg.norm(embedding))
        if np.isfinite(length) and length > 0:
            values = tuple(round(float(value) / length, 5) for value in embedding)
            voices.append(Voice(str(label), values, round(float(spoken.label_duration(label)), 2)))
    return Diarization(turns, tuple(voices))


if __name__ == "__main__":
    sys.exit(main())
