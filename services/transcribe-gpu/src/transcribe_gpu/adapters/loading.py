"""Engines that are not always installed: loaded here, or started in their own environment."""

from pathlib import Path

from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.adapters.isolated import HOST, IsolatedEngine
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.ports import SpeechEngine


def load_engine(name: str, folder: Path, *, model: str) -> SpeechEngine:
    """Load an engine in this process from a model's folder.

    Raises:
        EngineUnavailable: it cannot be loaded.
    """
    match name:
        case "whisperx":
            import transcribe_gpu.adapters.whisperx_engine as whisperx  # noqa: PLC0415

            return whisperx.load_whisperx(folder, model=model, device=whisperx.best_device())
        case "transformers":
            import transcribe_gpu.adapters.transformers_engine as transformers  # noqa: PLC0415

            return transformers.load_transformers(
                folder, model=model, device=transformers.best_device()
            )
        case "parakeet":
            import transcribe_gpu.adapters.parakeet_engine as parakeet  # noqa: PLC0415

            return parakeet.load_parakeet(folder, model=model, device=parakeet.best_device())
    raise EngineUnavailable(f"there is no engine {name!r} to load")


def start_engine(
    environments: EngineEnvironments, name: str, folder: Path, *, model: str
) -> SpeechEngine:
    """Load an engine here if it is installed here, else start it where it is installed.

    Raises:
        EngineUnavailable: it is not installed, or cannot be loaded.
    """
    if environments.here(name):
        return load_engine(name, folder, model=model)
    host = environments.command(name, HOST)
    if host is None:
        raise EngineUnavailable(
            f"the engine {name} is not installed", hint=f"everyword engines install {name}"
        )
    return IsolatedEngine(host, name, folder, model)
