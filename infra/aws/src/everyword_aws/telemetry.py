"""What every handler logs with: Powertools' logger, and our libraries' lines counted."""

import logging
import sys
from typing import TextIO

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from everyword_aws.measuring import count_deliveries

logger = Logger()
count_deliveries()


def log_libraries(stream: TextIO = sys.stdout) -> None:
    """Let what our libraries log go out as JSON lines too, with their fields, and once each.

    Lambda does that by itself; the worker in its container does not.
    """
    ours = logging.StreamHandler(stream)
    ours.setFormatter(LambdaPowertoolsFormatter())
    for name in ("everyword_events", "everyword_storage", "everyword_http", *_SERVICES):
        library = logging.getLogger(name)
        library.handlers[:] = [ours]
        library.setLevel(logging.INFO)
        library.propagate = False
    count_deliveries()


_SERVICES = ("ingest", "transcribe_gpu", "refine", "captions", "search", "everyword_aws")
