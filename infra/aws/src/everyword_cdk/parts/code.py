"""The code of a Lambda function: our packages and what they need, for Python 3.13 on arm64.

Bundling needs pip, a package index and any Python 3.13 to compile with, and no Docker. A synthesis
that deploys nothing skips it (context `aws:cdk:bundling-stacks`), and the asset is then the bare
source.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from everyword_cdk.parts import bytecode

REPOSITORY: Final = Path(__file__).resolve().parents[5]
RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
LAMBDA_PYTHON: Final = "3.13"
_GLIBC: Final = ("manylinux_2_34", "manylinux_2_28", "manylinux2014")
_SHARED: Final = ("libs/events", "libs/transcripts", "libs/storage", "libs/http", "infra/aws")
_OWN: Final = {
    "bus": (),
    "admin": (),
    "ingest": ("services/ingest", "services/captions"),
    "transcribe-gpu": (),
    "refine": ("services/refine",),
    "captions": ("services/captions",),
    "search": ("services/search",),
}
"""Captions tells ingest's API where its files are found; no function has an engine in it."""
BUNDLED: Final = tuple(_OWN)
"""Whose functions have a package of their own."""
_WITHOUT_DEPENDENCIES: Final = {"ingest": ("services/transcribe-gpu",)}
"""Ingest's API calls recognitions off, which needs nothing of what recognises."""
_WITHOUT_WHEELS: Final = {"search": ("docopt",)}  # what num2words asks for: plain Python
_PINNED: Final = ("--constraint", str(REPOSITORY / "constraints.txt"))
_USELESS: Final = ("**/__pycache__", "**/tests", "bin", "everyword_cdk")


def folders_of(service: str) -> list[Path]:
    """Return the folders of our own distributions that a service's functions are made of."""
    own = (*_SHARED, *_OWN[service], *_WITHOUT_DEPENDENCIES.get(service, ()))
    return [REPOSITORY / each for each in own]


@cache
def lambda_python() -> Path:
    """Return an interpreter of the version that Lambda runs.

    Raises:
        Misconfigured: there is none here.
    """
    return bytecode.interpreter(LAMBDA_PYTHON, own=Path(sys.executable))


def code_of(service: str, stack: cdk.Stack) -> lambda_.Code:
    """Return the code asset of a service's functions.

    Raises:
        Misconfigured: the stack's packages are built now, and nothing here can compile them.
    """
    if stack.bundling_required:
        lambda_python()
    return lambda_.Code.from_asset(
        str(REPOSITORY / "infra/aws/src/everyword_aws"),
        asset_hash_type=cdk.AssetHashType.CUSTOM,
        asset_hash=_digest(service),
        bundling=cdk.BundlingOptions(
            image=cdk.DockerImage.from_registry("not-used"), local=_Bundle(service)
        ),
    )


def bundle(service: str, target: Path, *, machine: str = "aarch64") -> None:
    """Install a service's functions with all they need into `target`, and compile them.

    Raises:
        Misconfigured: there is no Python of Lambda's version here.
    """
    python = lambda_python()
    with tempfile.TemporaryDirectory() as wheels:
        own = [str(folder) for folder in folders_of(service)]
        _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, *own)
        for name in _WITHOUT_WHEELS.get(service, ()):
            _pip("wheel", "--no-deps", "--wheel-dir", wheels, *_PINNED, name)
        _pip(
            "install",
            *("--target", str(target), "--no-compile", "--only-binary", ":all:"),
            *("--implementation", "cp", "--python-version", LAMBDA_PYTHON),
            *(part for glibc in _GLIBC for part in ("--platform", f"{glibc}_{machine}")),
            *("--find-links", wheels, *_PINNED),
            f"everyword-aws[{service}]",
        )
        for bare in _WITHOUT_DEPENDENCIES.get(service, ()):
            (wheel,) = Path(wheels).glob(f"everyword_{Path(bare).name.replace('-', '_')}-*.whl")
            _pip("install", "--target", str(target), "--no-compile", "--no-deps", str(wheel))
    for pattern in _USELESS:
        for folder in target.glob(pattern):
            shutil.rmtree(folder, ignore_errors=True)
    bytecode.compile_below(target, python)


@jsii.implements(cdk.ILocalBundling)
class _Bundle:
    def __init__(self, service: str) -> None:
        self._service = service

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        """Bundle on this machine; there is no other way."""
        bundle(self._service, Path(output_dir))
        return True


def _digest(service: str) -> str:
    """Hash what a bundle is made of and how, so that unchanged code is not deployed again."""
    digest = hashlib.sha256((REPOSITORY / "constraints.txt").read_bytes())
    for step in (__file__, bytecode.__file__):
        digest.update(Path(step).read_bytes())
    for folder in folders_of(service):
        for file in sorted((folder / "src").rglob("*")):
            if file.is_file() and not {"__pycache__", "everyword_cdk"} & set(file.parts):
                digest.update(str(file.relative_to(folder)).encode() + file.read_bytes())
        digest.update((folder / "pyproject.toml").read_bytes())
    return digest.hexdigest()


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603 - ours
