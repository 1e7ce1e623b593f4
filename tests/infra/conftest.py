"""The synthesized templates, made once and kept while nothing they are made of changes."""

import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
INSTALLED = all(importlib.util.find_spec(each) for each in ("aws_cdk", "cfnlint", "everyword_cdk"))
collect_ignore_glob = (
    [] if INSTALLED or os.environ.get("EVERYWORD_REQUIRE_ALL_SUITES") else ["*.py"]
)
if INSTALLED:
    from support.deployed import audio, cloud, key
    from support.templates import read_templates

    __all__ = ["audio", "cloud", "key"]
MADE_OF = ("infra/aws/src", "libs", "services", "infra/local/src/everyword_local/settings.py")


def synthesize(folder: Path, choices: Mapping[str, object]) -> subprocess.CompletedProcess[str]:
    """Run the application in a process of its own, without AWS, Docker or network."""
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
    environment |= {
        "CDK_CONTEXT_JSON": json.dumps(choices),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "DOCKER_HOST": "tcp://127.0.0.1:9",
    }
    return subprocess.run(
        [sys.executable, "-m", "everyword_cdk.app"],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )


@pytest.fixture(scope="session")
def synthesized(pytestconfig: pytest.Config) -> Callable[..., Path]:
    """Return the folder of a deployment's templates."""
    digest = _digest()

    def made(**choices: object) -> Path:
        name = hashlib.sha256(f"{digest}{sorted(choices.items())}".encode()).hexdigest()[:16]
        kept: Path = pytestconfig.cache.mkdir("aws-synth") / name  # type: ignore[union-attr]
        with kept.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # other test processes wait, and have them made
            if not (kept / "cdk.out" / "manifest.json").exists():
                draft = kept.with_name(f"{name}.{os.getpid()}")
                draft.mkdir(parents=True)
                done = synthesize(draft, choices)
                assert done.returncode == 0, done.stderr[-3000:]
                draft.rename(kept)
        return kept / "cdk.out"

    return made


@pytest.fixture
def attempt() -> Callable[[Path, Mapping[str, object]], subprocess.CompletedProcess[str]]:
    """Return what runs the application without expecting that it goes well."""
    return synthesize


@pytest.fixture(scope="session")
def templates(synthesized: Callable[..., Path]) -> Mapping[str, Any]:
    """Return the default deployment's templates by stack."""
    return read_templates(synthesized())


def _digest() -> str:
    digest = hashlib.sha256()
    for each in MADE_OF:
        path = REPOSITORY / each
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.suffix in {".py", ".toml", ".js", ".css"} and "tests" not in file.parts:
                digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()
