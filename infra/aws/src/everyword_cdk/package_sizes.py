"""How large the functions' packages are, unzipped, beside what Lambda takes.

`python -m everyword_cdk.package_sizes [SERVICE...]` builds each as a deployment does (pip, a
package index, minutes) and prints a table; it exits 1 where one is too large.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from everyword_cdk.parts.code import BUNDLED, bundle

MOST_BYTES: Final = 250 * 1024 * 1024
"""Of code and layers together, unzipped (AWS Lambda, quotas)."""


def size_of(folder: Path) -> int:
    """Return how many bytes the files below a folder have."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def line(service: str, size: int) -> str:
    """Write one line of the table."""
    return f"| {service} | {size / 1e6:.0f} | {size / MOST_BYTES:.0%} |"


def main(services: Sequence[str]) -> int:
    """Build, measure, print."""
    print("| package | MB | of what Lambda takes |\n|---|---|---|")  # noqa: T201
    too_large = False
    for service in services or BUNDLED:
        with tempfile.TemporaryDirectory() as folder:
            bundle(service, Path(folder))
            size = size_of(Path(folder))
        print(line(service, size), flush=True)  # noqa: T201
        too_large |= size > MOST_BYTES
    return int(too_large)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
