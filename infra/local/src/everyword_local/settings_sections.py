"""Which sections everyword.toml has, and whether one is left out: no model is needed to tell."""

import tomllib
from pathlib import Path
from typing import Final

SECTIONS: Final = (
    "ingest",
    "transcribe",
    "retention",
    "models",
    "refine",
    "captions",
    "search",
    "server",
)
"""All sections there are; `Settings` has a model for each."""


def leaves_out(path: Path, name: str) -> bool:
    """Tell whether a settings file says nothing of a section, for any show, and names no unknown.

    False where it cannot be read: reading it whole says why.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return name not in raw and raw.keys() <= set(SECTIONS)
