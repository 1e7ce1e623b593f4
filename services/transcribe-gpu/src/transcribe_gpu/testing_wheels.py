"""For tests: wheels that pip takes, so that it can run for real without an index."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from transcribe_gpu.models.catalogue import Wheel


def write_wheel(folder: Path, package: str, files: Mapping[str, bytes], *, under: str) -> Wheel:
    """Write version 1.0 of a package with these files, and return what a catalogue says of it."""
    module = package.replace("-", "_")
    path = folder / f"{module}-1.0-py3-none-any.whl"
    info = f"{module}-1.0.dist-info"
    about = {
        "METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(f"{under}/{name}", raw)
        for name, text in about.items():
            archive.writestr(f"{info}/{name}", text)
    raw = path.read_bytes()
    return Wheel(package, "1.0", len(raw), hashlib.sha256(raw).hexdigest())
