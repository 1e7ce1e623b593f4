"""Where optional engines run: beside this program, or in environments of their own.

Engines clash: WhisperX pins another torch than transformers want, and both are far larger than
all the rest. Each gets a virtual environment whose own packages come first, and behind them this
program's; it runs there as a process of its own.
"""

import os
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import filelock
import platformdirs

from everyword_events import InvalidInput
from transcribe_gpu.errors import EngineUnavailable

COMPLETE: Final = ".complete"
_BEHIND: Final = "everyword-behind.pth"


@dataclass(frozen=True, slots=True)
class OptionalEngine:
    """An engine that is not installed with this package."""

    modules: tuple[str, ...]
    requirements: tuple[str, ...]
    size: str


OPTIONAL: Final[Mapping[str, OptionalEngine]] = {
    "whisperx": OptionalEngine(("whisperx",), ("whisperx>=3.8,<3.9",), "7 GB"),
    "transformers": OptionalEngine(
        ("transformers", "torch"), ("transformers>=4.57,<6", "torch>=2.6"), "6 GB"
    ),
    "parakeet": OptionalEngine(("onnx_asr",), ("onnx-asr>=0.12,<0.13",), "20 MB"),
}


class EngineEnvironments:
    """The environments in one folder; by default the user's own."""

    def __init__(
        self, folder: Path | None = None, *, engines: Mapping[str, OptionalEngine] = OPTIONAL
    ) -> None:
        self._engines = engines
        self.folder = folder or platformdirs.user_data_path("everyword") / "engines"

    def here(self, name: str) -> bool:
        """Tell whether the engine can be imported in this very process."""
        return all(find_spec(module) is not None for module in self._engines[name].modules)

    def python(self, name: str) -> Path | None:
        """Return the interpreter of the engine's own environment, or None."""
        home = self.folder / name
        python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
        return python if (home / COMPLETE).is_file() and python.exists() else None

    def installed(self, name: str) -> bool:
        """Tell whether the engine can run here."""
        return self.here(name) or self.python(name) is not None

    def install(self, name: str, *, say: Callable[[str], None]) -> Path:
        """Make the engine's environment with pip, unless it is there; return its folder.

        Raises:
            InvalidInput: no such engine.
            EngineUnavailable: it could not be made.
        """
        if name not in self._engines:
            raise InvalidInput(
                f"there is no engine {name[:40]!r} to install",
                hint=f"choose {', '.join(self._engines)}",
                code="engine_unknown",
            )
        home = self.folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(self.folder / f".{name}.lock"):
            if self.python(name) is not None:
                return home
            say(f"making {home} for {name} ({self._engines[name].size})")
            shutil.rmtree(home, ignore_errors=True)  # of an installation that broke off
            venv.create(home, with_pip=True, symlinks=os.name != "nt")
            _pip_install(home, self._engines[name].requirements, say)
            self._put_ours_behind(home)
            (home / COMPLETE).touch()
        return home

    def _put_ours_behind(self, home: Path) -> None:
        """Let the environment find this program and what it needs, after its own packages."""
        paths = {"base": str(home), "platbase": str(home)}
        packages = Path(sysconfig.get_path("purelib", vars=paths))
        ours = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
        lines = [f"import site; site.addsitedir({path!r})\n" for path in ours]
        (packages / _BEHIND).write_text("".join(lines), encoding="utf-8")


def _pip_install(home: Path, requirements: tuple[str, ...], say: Callable[[str], None]) -> None:
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    command = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    with subprocess.Popen(  # noqa: S603 - pip of the environment just made
        [*command, "--progress-bar", "off", *requirements],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        assert pip.stdout is not None
        last = ""
        for line in pip.stdout:
            last = line.strip() or last
            if line.startswith(("Collecting", "Installing", "Successfully")):
                say(line.strip()[:100])
    if pip.returncode:
        raise EngineUnavailable(
            f"{requirements[0]} could not be installed: {last[:200]}",
            hint="check the network and the free space, and try again",
            code="engine_install_failed",
        )
