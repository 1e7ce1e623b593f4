"""Bytecode for the Python that Lambda runs, beside every module of a package.

Without it each cold start compiles what it imports. Bytecode fits one minor version of Python
alone, so an interpreter of that version writes it, whichever one builds the package. It is checked
against nothing when it is loaded (an archive keeps no times of files), and the same source gives
the same bytes on every machine.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from everyword_events import Misconfigured

WHERE_LAMBDA_HAS_IT: Final = "/var/task"
_ASKED: Final = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"
_SECONDS_TO_ANSWER: Final = 60


def interpreter(version: str, *, own: Path) -> Path:
    """Return a CPython of a version such as "3.13": our own, or one that this machine has.

    Raises:
        Misconfigured: there is none.
    """
    for candidate in chain([own], _on_path(version), _of_uv(version), _of_pyenv(version)):
        if _answer([str(candidate), "-I", "-c", _ASKED]) == f"{version} cpython":
            return candidate
    raise Misconfigured(
        f"Lambda runs Python {version}, and there is none here to compile the functions with",
        hint=f"install it beside yours (uv python install {version}, or pyenv, or your system's "
        f"packages) so that python{version} is found",
        code="no_python_to_compile_with",
    )


def compile_below(folder: Path, python: Path) -> None:
    """Write the bytecode of all modules below a folder, in the same bytes wherever it is done.

    Raises:
        subprocess.CalledProcessError: a module does not compile.
    """
    command = [str(python), "-sP", "-W", "ignore", "-m", "compileall", "-q"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(folder)]
    command += ["-p", WHERE_LAMBDA_HAS_IT, str(folder)]
    environment = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    subprocess.run(  # noqa: S603 - ours
        command, check=True, stdout=sys.stderr, env=environment | {"PYTHONHASHSEED": "0"}
    )


def _on_path(version: str) -> Iterator[Path]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(f"python{version}", path=folder)
        if found:
            yield Path(found)


def _of_uv(version: str) -> Iterator[Path]:
    uv = shutil.which("uv")
    found = _answer([uv, "python", "find", "--no-project", version]) if uv else ""
    if found:
        yield Path(found)


def _of_pyenv(version: str) -> Iterator[Path]:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(root.glob(f"versions/{version}*/bin/python{version}"))


def _answer(command: list[str]) -> str:
    """Return what a command prints; one that fails or does not come back has no answer."""
    try:
        done = subprocess.run(  # noqa: S603 - an interpreter, or what finds one
            command, capture_output=True, text=True, check=False, timeout=_SECONDS_TO_ANSWER
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
