"""Powertools' logger, tracer and metrics: one of each, for every handler."""

import logging

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.logging import utils

logger = Logger()
tracer = Tracer()
metrics = Metrics()

utils.copy_config_to_registered_loggers(source_logger=logger, log_level=logging.INFO)
"""What our libraries log goes out as JSON lines too, with their fields."""
