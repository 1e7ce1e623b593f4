"""Trained models on public recordings with times that people marked: words and where they begin.

`benchmarks/public_recordings.py` fetches them, by pip as it is set up here.
"""

from pathlib import Path
from typing import Final

FETCH: Final = Path(__file__).parents[3] / "benchmarks/public_recordings.py"
