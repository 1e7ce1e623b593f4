"""Retention on AWS: ingest says which audio and which runs go, once a day.

What runs made lies in the buckets of several services; each deletes its own: see `old_runs`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from everyword_aws.settings import ShippedSettings
from ingest.config import RetentionSettings

FILE: Final = "retention.json"
"""Lies beside ingest's own settings."""
SCHEDULE: Final = "retention"
SPARE_MS: Final = 60_000
"""What is left of a run's time when it takes up no more episodes; the next day goes on."""


def retention_settings(settings_file: str) -> ShippedSettings[RetentionSettings]:
    """Read the section [retention] that was shipped with ingest's."""
    return ShippedSettings.read(RetentionSettings, str(Path(settings_file).with_name(FILE)))


def time_is_up(left_ms: Callable[[], int]) -> Callable[[], bool]:
    """Return what tells that a run should take up no more episodes."""
    return lambda: left_ms() < SPARE_MS
