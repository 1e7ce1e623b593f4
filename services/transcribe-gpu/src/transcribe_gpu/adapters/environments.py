"""Where optional engines run: beside this program, or in environments of their own.

Engines clash: WhisperX pins another torch than transformers want, and both are far larger than
all the rest. Each gets a virtual environment whose own packages come first, and behind them this
program's; it runs there as a process of its own.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import filelock
import platformdirs

from everyword_events import InvalidInput
from transcribe_gpu.errors import EngineUnavailable

COMPLETE: Final = ".complete"
GIB: Final = 1024**3
_BEHIND: Final = """\
import runpy, site, sys
for path in sys.argv.pop(1).split({separator!r}):
    site.addsitedir(path)
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class OptionalEngine:
    """An engine that is not installed with this package.

    `requirements` are installed one after the other, the largest first: what is installed stays
    when the next breaks off. `free_bytes` is the room that this takes at its largest;
    `brings` names engines that run in its environment as well.
    """

    modules: tuple[str, ...]
    requirements: tuple[str, ...]
    size: str
    free_bytes: int = 0
    brings: tuple[str, ...] = ()


OPTIONAL: Final[Mapping[str, OptionalEngine]] = {
    "whisperx": OptionalEngine(
        ("whisperx",), ("torch", "whisperx>=3.8,<3.9"), "8 GB", 13 * GIB, brings=("transformers",)
    ),
    "transformers": OptionalEngine(
        ("transformers", "torch"), ("torch>=2.6", "transformers>=4.57,<6"), "7 GB", 11 * GIB
    ),
    "parakeet": OptionalEngine(("onnx_asr",), ("onnx-asr>=0.12,<0.13",), "20 MB", GIB // 10),
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
        """Return the interpreter of an environment that has the engine, or None."""
        makers = [maker for maker, each in self._engines.items() if name in each.brings]
        for home in (self.folder / each for each in (name, *makers)):
            if _version_of(home) == _own_version() and _interpreter(home).exists():
                return _interpreter(home)
        return None

    def command(self, name: str, module: str) -> Sequence[str] | None:
        """Return the command that runs a module of ours in an environment that has the engine.

        This program's own packages stand behind the environment's: which they are is told at
        each start, so that an environment outlives the program that made it.
        """
        python = self.python(name)
        return None if python is None else own_packages_behind(python, module)

    def installed(self, name: str) -> bool:
        """Tell whether the engine can run here."""
        return self.here(name) or self.python(name) is not None

    def install(self, name: str, *, say: Callable[[str], None]) -> Path:
        """Make the engine's environment with pip, unless it is there; return its folder.

        One that broke off is gone on with.

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
        wanted = self._engines[name]
        home = self.folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(self.folder / f".{name}.lock"):
            python = self.python(name)
            if python is not None:
                return python.parent.parent
            _check_room(name, wanted, self.folder)
            say(f"making {home} for {name} ({wanted.size})")
            if not _interpreter(home).exists() or (home / COMPLETE).exists():
                shutil.rmtree(home, ignore_errors=True)  # of another Python, or none at all
                venv.create(home, with_pip=True, symlinks=os.name != "nt")
            _pip_install(home, wanted.requirements, say)
            (home / COMPLETE).write_text(_own_version(), encoding="utf-8")
        return home


def own_packages_behind(python: Path, module: str) -> Sequence[str]:
    """Return the command that runs a module with this program's packages behind `python`'s own."""
    ours = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    code = _BEHIND.format(separator=os.pathsep)
    return (str(python), "-c", code, os.pathsep.join(ours), module)


def _own_version() -> str:
    """Return the Python that compiled modules must have been made for."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _version_of(home: Path) -> str | None:
    """Return the Python that a finished environment was made for, or None."""
    try:
        return (home / COMPLETE).read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _interpreter(home: Path) -> Path:
    return home / ("Scripts" if os.name == "nt" else "bin") / "python"


def _check_room(name: str, wanted: OptionalEngine, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted.free_bytes:
        raise EngineUnavailable(
            f"{name} needs {wanted.free_bytes / GIB:.1f} GB of free disk to be installed,"
            f" and {folder} has {free / GIB:.1f} GB",
            hint="make room, or set XDG_DATA_HOME to a larger disk",
            code="engine_no_room",
        )


def _pip_install(home: Path, requirements: tuple[str, ...], say: Callable[[str], None]) -> None:
    """Install with pip, each twice at most: a download of gigabytes may break off.

    Raises:
        EngineUnavailable: one failed both times.
    """
    with as_file(files("transcribe_gpu") / "data" / "engine-constraints.txt") as constraints:
        for requirement in requirements:
            arguments = ("-c", str(constraints), requirement)
            failed = _pip(home, arguments, say)
            if failed:
                say(f"{failed[:200]} - once more")
                failed = _pip(home, arguments, say)
            if failed:
                raise EngineUnavailable(
                    f"{requirement} could not be installed: {failed[:200]}",
                    hint="check the network and the free space, and try again",
                    code="engine_install_failed",
                )


def _pip(home: Path, arguments: tuple[str, ...], say: Callable[[str], None]) -> str:
    """Run pip install; return what it said last if it failed."""
    command = [
        str(_interpreter(home)), "-m", "pip", "install", "--no-input",
        "--disable-pip-version-check", "--progress-bar", "off", *arguments,
    ]  # fmt: skip
    last = ""
    with subprocess.Popen(  # noqa: S603 - pip of the environment just made
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            last = line.strip() or last
            if line.startswith(("Collecting", "Installing", "Successfully")):
                say(line.strip()[:100])
    return last or "pip failed" if pip.returncode else ""
