"""Powertools' logger and metrics: one of each, for every handler."""

import logging
import sys
from typing import TextIO

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

logger = Logger()
metrics = Metrics()


def log_libraries(stream: TextIO = sys.stdout) -> None:
    """Let what our libraries log go out as JSON lines too, with their fields, and once each."""
    ours = logging.StreamHandler(stream)
    ours.setFormatter(LambdaPowertoolsFormatter())
    for name in ("everyword_events", "everyword_storage", "everyword_http", *_SERVICES):
        library = logging.getLogger(name)
        library.handlers[:] = [ours]
        library.setLevel(logging.INFO)
        library.propagate = False


_SERVICES = ("ingest", "transcribe_gpu", "refine", "captions", "search", "everyword_aws")
