"""What is counted of the work, as CloudWatch metrics in the log (EMF): no agent, no call.

Requests have the names that Prometheus reads on one machine. A delivery counts each time it is
settled, a result each time it is made or found made: what is delivered twice counts twice. Refine
settles an event twice, when its execution is started and when that has ended.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Final

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from everyword_events import Event, Handler, TranscriptReady, TranscriptRefined

DELIVERIES: Final = "everyword_deliveries"
HANDLER_SECONDS: Final = "everyword_handler_seconds"
REQUESTS: Final = "everyword_http_requests"
REQUEST_SECONDS: Final = "everyword_http_request_seconds"
AUDIO_SECONDS: Final = "everyword_audio_seconds"
GPU_SECONDS: Final = "everyword_gpu_seconds"
WORDS: Final = "everyword_words"
TOKENS: Final = "everyword_model_tokens"

SERVICE: Final = "service"
OUTCOME: Final = "outcome"
STATUS: Final = "status"
HANDLED, RETRIED, DEAD_LETTERED, PAUSED = "handled", "retried", "dead_lettered", "paused"
OUTCOMES: Final = (
    HANDLED,
    "conflict",
    RETRIED,
    "given_back",
    DEAD_LETTERED,
    "left_to_time_out",
    PAUSED,
)
"""The `action` of the log lines that say what became of a delivery, or why a consumer pauses."""
SERVER_ERRORS: Final = "5xx"
LIBRARIES: Final = ("everyword_events", "everyword_aws")
"""Whose log lines settle deliveries."""
_GPUS: Final = ("cuda", "gpu")
_NAMESPACE: Final = "POWERTOOLS_METRICS_NAMESPACE"

Measure = tuple[MetricUnit, float]


def measure(measures: Mapping[str, Measure], **dimensions: str) -> None:
    """Write metrics into the log, where a deployment named a namespace.

    The variable POWERTOOLS_SERVICE_NAME is the dimension `service` where none is given.
    """
    if not os.environ.get(_NAMESPACE):
        return
    metrics = EphemeralMetrics()
    for name, value in dimensions.items():
        metrics.add_dimension(name, value)
    for name, (unit, amount) in measures.items():
        metrics.add_metric(name, unit, amount)
    metrics.flush_metrics()


class CountingLog(logging.Handler):
    """Counts deliveries by what the log says became of them: it has every outcome, once."""

    def emit(self, record: logging.LogRecord) -> None:
        """Count one line."""
        outcome = getattr(record, "action", "")
        if outcome not in OUTCOMES:
            return
        counted = {DELIVERIES: (MetricUnit.Count, 1.0)}
        taken_ms = getattr(record, "duration_ms", None)
        if taken_ms is not None:
            counted[HANDLER_SECONDS] = (MetricUnit.Seconds, taken_ms / 1000)
        measure(counted, **{SERVICE: str(getattr(record, "service", "")), OUTCOME: outcome})


def count_deliveries() -> None:
    """Have whatever settles deliveries in this process counted, once."""
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.setLevel(logging.INFO)
        if not any(isinstance(each, CountingLog) for each in library.handlers):
            library.addHandler(CountingLog())


class RequestMetrics:
    """Counts the requests of a function's application, under the service of its variables."""

    def count(self, method: str, route: str, status: int, seconds: float) -> None:  # noqa: ARG002
        """Count one request; method and route stand in the log line beside it."""
        measure({REQUESTS: (MetricUnit.Count, 1)}, **{STATUS: f"{status // 100}xx"})
        measure({REQUEST_SECONDS: (MetricUnit.Seconds, seconds)})


def measured(handler: Handler, consumer: str) -> Handler:
    """Return the handler that also measures what is in its results."""

    def measuring(event: Event) -> Sequence[Event]:
        events = tuple(handler(event))
        for each in events:
            found = _measures_of(each)
            if found:
                measure(found, **{SERVICE: consumer})
        return events

    return measuring


def _measures_of(event: Event) -> dict[str, Measure]:
    match event.data:
        case TranscriptReady() as ready:
            found = {
                AUDIO_SECONDS: (MetricUnit.Seconds, ready.duration_s),
                WORDS: (MetricUnit.Count, float(ready.words)),
            }
            if ready.engine.device.startswith(_GPUS):
                found[GPU_SECONDS] = (MetricUnit.Seconds, sum(ready.timings_s.values()))
            return found
        case TranscriptRefined(tokens=tokens) if tokens:
            return {TOKENS: (MetricUnit.Count, float(tokens))}
    return {}
