"""Packages carry bytecode of Lambda's Python, the same wherever they are built."""

import importlib.util
import marshal
import subprocess
import sys
from pathlib import Path

import pytest
from everyword_cdk.parts import code
from everyword_cdk.parts.bytecode import WHERE_LAMBDA_HAS_IT, compile_below, interpreter

from everyword_events import Misconfigured

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
MODULES = {
    "one.py": "WORDS = {'a', 'b', 'c'}\n\ndef said():\n    return frozenset({'x', 'y', 'z'})\n",
    "inner/two.py": "from one import said\n\nclass Two:\n    text = said()\n",
}
UNCHECKED = 0b01
"""PEP 552: the file has its source's hash, and nobody asks whether that is still so."""


def package(folder: Path) -> Path:
    for name, source in MODULES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    return folder


def compiled(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.pyc")}


def test_a_package_is_compiled_to_the_same_bytes_anywhere(tmp_path: Path) -> None:
    first, second = package(tmp_path / "a"), package(tmp_path / "elsewhere" / "b")
    for folder in (first, second):
        compile_below(folder, Path(sys.executable))
    made = compiled(first)
    assert len(made) == len(MODULES)
    assert made == compiled(second)
    for name, raw in made.items():
        assert raw[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(raw[4:8], "little") == UNCHECKED, name
        where = marshal.loads(raw[16:]).co_filename
        assert where.startswith(f"{WHERE_LAMBDA_HAS_IT}/"), "a traceback tells where Lambda has it"


def test_a_module_is_not_compiled_again_whatever_its_archive_says_of_times(tmp_path: Path) -> None:
    folder = package(tmp_path / "a")
    compile_below(folder, Path(sys.executable))
    before = compiled(folder)
    (folder / "one.py").write_text("raise SystemExit('it was compiled')\n")
    command = [sys.executable, "-c", "import one; print(len(one.said()))"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "3"
    assert compiled(folder) == before


def test_a_module_that_does_not_compile_is_told(tmp_path: Path) -> None:
    (package(tmp_path / "a") / "bad.py").write_text("def\n")
    with pytest.raises(subprocess.CalledProcessError):
        compile_below(tmp_path / "a", Path(sys.executable))


def answering(file: Path, said: str, code_: int = 0) -> Path:
    """Write an interpreter that says what it is: a shim of one that is not there exits 127."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho '{said}'\nexit {code_}\n")
    file.chmod(0o755)
    return file


def test_the_interpreter_that_compiles_is_of_the_version_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = answering(tmp_path / "ours", "3.90 cpython")
    shim = answering(tmp_path / "shims/python3.99", "no such version", 127)
    other = answering(tmp_path / "other/python3.99", "3.99 pypy")
    right = answering(tmp_path / "right/python3.99", "3.99 cpython")
    kept = answering(tmp_path / "pyenv/versions/3.99.1/bin/python3.99", "3.99 cpython")
    monkeypatch.setenv("PATH", f"{shim.parent}:{tmp_path / 'none'}:{other.parent}:{right.parent}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert interpreter("3.99", own=ours) == right
    assert interpreter("3.90", own=ours) == ours
    monkeypatch.setenv("PATH", str(shim.parent))
    assert interpreter("3.99", own=ours) == kept
    answering(tmp_path / "shims/uv", str(right))
    assert interpreter("3.99", own=ours) == right, "uv knows where it has one"


def test_without_one_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert interpreter(OWN, own=Path(sys.executable)) == Path(sys.executable)
    with pytest.raises(Misconfigured) as refused:
        interpreter("3.99", own=Path(sys.executable))
    assert "3.99" in refused.value.message
    assert "uv python install 3.99" in str(refused.value.hint)


def test_the_bytecode_is_of_the_runtime() -> None:
    assert code.RUNTIME.name == f"python{code.LAMBDA_PYTHON}"
