"""For tests: a pyannote pipeline in a folder, whole but for what its voices have learnt.

Its segmentation is the real one that WhisperX's wheel carries; its voice embedding has random
weights. It tests the form and the turns, and says nothing of accuracy. In WhisperX's environment:
`-m transcribe_gpu.testing_pipeline FOLDER`.
"""

import os
import shutil
import sys
import warnings
from pathlib import Path
from typing import Final

import numpy as np

DIMENSIONS: Final = 256
REDUCED: Final = 128
_CONFIG: Final = """\
dependencies: {pyannote.audio: 4.0.0}
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: AgglomerativeClustering
    segmentation: $model/segmentation
    segmentation_batch_size: 8
    embedding: $model/embedding
    embedding_batch_size: 8
    embedding_exclude_overlap: true
    plda: $model/plda
params:
  clustering: {method: centroid, min_cluster_size: 1, threshold: 0.7}
  segmentation: {min_duration_off: 0.0, threshold: 0.5}
"""


def write_pipeline(folder: Path) -> Path:
    """Write the pipeline's folder."""
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
    warnings.simplefilter("ignore")
    import lightning  # type: ignore[import-not-found]  # noqa: PLC0415
    import pyannote.audio  # type: ignore[import-not-found]  # noqa: PLC0415
    import torch  # noqa: PLC0415
    import whisperx  # noqa: PLC0415
    from pyannote.audio.core.task import (  # type: ignore[import-not-found]  # noqa: PLC0415
        Problem,
        Resolution,
        Specifications,
    )
    from pyannote.audio.models.embedding import (  # type: ignore[import-not-found]  # noqa: PLC0415
        WeSpeakerResNet34,
    )

    for part in ("segmentation", "embedding", "plda"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    asset = Path(str(whisperx.__file__)).parent / "assets/pytorch_model.bin"
    shutil.copyfile(asset, folder / "segmentation/pytorch_model.bin")
    torch.manual_seed(3)
    voice = WeSpeakerResNet34()
    voice.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=5.0
    )
    checkpoint = {
        "state_dict": voice.state_dict(),
        "hyper_parameters": dict(voice.hparams),
        "pytorch-lightning_version": lightning.__version__,
        "epoch": 0,
        "global_step": 0,
        "pyannote.audio": {
            "versions": {"torch": torch.__version__, "pyannote.audio": pyannote.audio.__version__},
            "architecture": {
                "module": "pyannote.audio.models.embedding.wespeaker",
                "class": "WeSpeakerResNet34",
            },
            "specifications": voice.specifications,
        },
    }
    torch.save(checkpoint, folder / "embedding/pytorch_model.bin")
    random = np.random.default_rng(0)
    np.savez(
        folder / "plda/xvec_transform.npz",
        mean1=np.zeros(DIMENSIONS),
        mean2=np.zeros(REDUCED),
        lda=np.linalg.qr(random.normal(size=(DIMENSIONS, REDUCED)))[0],
    )
    np.savez(
        folder / "plda/plda.npz",
        mu=np.zeros(REDUCED),
        tr=np.eye(REDUCED),
        psi=np.linspace(5, 0.1, REDUCED),
    )
    (folder / "config.yaml").write_text(_CONFIG, encoding="utf-8")
    return folder


if __name__ == "__main__":
    write_pipeline(Path(sys.argv[1]))
