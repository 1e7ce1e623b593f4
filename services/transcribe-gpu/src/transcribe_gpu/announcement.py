"""Says which engine would be taken, out of a process that ends: engines are large to look at.

`python -m transcribe_gpu.announcement`: `{"settings", "models"}` on stdin, `{"line": …}` or
`{"error": …}` on stdout.
"""

import json
import os
import subprocess
import sys

from everyword_events import EverywordError
from transcribe_gpu.adapters.clip_process import raised, told
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings


def announced_apart(settings: TranscribeSettings, models: SpeechModelSettings) -> str:
    """Return what `transcribe_gpu.standalone.announced_engine` says, and load no engine here.

    Raises:
        InvalidInput, EngineUnavailable: as it does.
    """
    request = {
        "settings": settings.model_dump(mode="json"),
        "models": models.model_dump(mode="json"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "transcribe_gpu.announcement"],
        input=json.dumps(request),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise raised(answer["error"])
    line: str = answer["line"]
    return line


def main() -> None:
    """Answer one request."""
    from transcribe_gpu.standalone import announced_engine  # noqa: PLC0415 - large

    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print to stdout as they like
    request = json.load(sys.stdin)
    settings = TranscribeSettings.model_validate(request["settings"])
    models = SpeechModelSettings.model_validate(request["models"])
    try:
        answer: object = {"line": announced_engine(settings, models)}
    except EverywordError as error:
        answer = {"error": told(error)}
    with out:
        json.dump(answer, out)


if __name__ == "__main__":
    main()
