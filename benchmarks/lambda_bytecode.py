"""What bytecode in a package spares a cold start, in CPU seconds, on the Python that Lambda runs.

`python benchmarks/lambda_bytecode.py [SERVICE...]` builds each service's package as a deployment
does, but for this machine's processor, and imports its handlers from it in fresh processes, in turn
with the bytecode and from a copy without. The median of the rounds counts.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from everyword_cdk.package_sizes import size_of
from everyword_cdk.parts.code import bundle, lambda_python

ROUNDS = int(os.environ.get("ROUNDS", "5"))
BELONGS = {"bus": ("relay", "sweep"), "admin": ("admin_api",)}
PROBE = "import time, everyword_aws.handlers.{name}; print(time.process_time())"


def handlers_of(service: str, package: Path) -> list[str]:
    """Return the names of a service's handlers."""
    names = [file.stem for file in sorted((package / "everyword_aws/handlers").glob("*.py"))]
    prefix = service.replace("-", "_")
    return [name for name in names if name in BELONGS.get(service, ()) or name.startswith(prefix)]


def seconds(python: Path, package: Path, name: str) -> float:
    """Import one handler in a fresh process that has nothing but the package."""
    done = subprocess.run(
        [str(python), "-S", "-c", PROBE.format(name=name)],
        env={"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
        | {"PYDANTIC_DISABLE_PLUGINS": "__all__"},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(done.stdout))


def main(services: list[str]) -> None:
    """Build, measure, print."""
    python = lambda_python()
    print("| handler | without, CPU s | with | MB without | with |\n|---|---|---|---|---|")
    for service in services:
        with tempfile.TemporaryDirectory() as folder:
            compiled, bare = Path(folder, "compiled"), Path(folder, "bare")
            bundle(service, compiled, machine=platform.machine())
            shutil.copytree(compiled, bare, ignore=shutil.ignore_patterns("__pycache__"))
            sizes = f"{size_of(bare) / 1e6:.0f} | {size_of(compiled) / 1e6:.0f}"
            for name in handlers_of(service, compiled):
                pairs = [
                    (seconds(python, bare, name), seconds(python, compiled, name))
                    for _ in range(ROUNDS)
                ]
                without, with_ = (statistics.median(each) for each in zip(*pairs, strict=True))
                print(f"| {name} | {without:.2f} | {with_:.2f} | {sizes} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["captions"])
