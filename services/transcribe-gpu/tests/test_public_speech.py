"""Trained models on public recordings with times that people marked: words and where they begin.

`benchmarks/public_recordings.py` fetches them, by pip as it is set up here.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any, Final

import jiwer
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.standalone import model_library, transcribe_file

FETCH: Final = Path(__file__).parents[3] / "benchmarks/public_recordings.py"
