"""What an archive costs on AWS: a small model over one dated file of prices."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from everyword_events import InvalidInput
from everyword_local.prices import prices

HOURS_A_MONTH: Final = 730.0
START_MIN: Final = 6.0
"""A machine's start, model load and idle end, paid for every time one comes up."""
HOURS_A_START: Final = 10.0
"""So many hours of audio one start serves, on average."""
WORDS_AN_HOUR: Final = 9_000
TOKENS_A_WORD: Final = 1.35
READINGS: Final = 2
"""The model reads an episode for corrections, and again for chapters."""
SUGGESTED_SHARE: Final = 0.1
"""The model answers with corrections only: this share of what it reads."""
AUDIO_GIB_AN_HOUR: Final = 0.057
"""At 128 kbit/s."""
INDEX_GIB_AN_HOUR: Final = 0.0005
EVENTS_AN_EPISODE: Final = 7
CONSUMERS_AN_EVENT: Final = 2.3
LAMBDA_GIB_S_AN_HOUR: Final = 40.0
SEARCH_HOURS_A_DAY: Final = 4.0
"""So long a sleeping index is awake on an ordinary day."""
INDEX_OCU: Final = 1.0
ENDPOINTS: Final = 7
ALARM_METRICS: Final = 79
SCHEDULED_A_MONTH: Final = 73_000
LOG_GIB_AN_HOUR: Final = 0.002
"""What the default deployment has of these; tests/infra compares it with the templates."""
OWN_METRICS: Final = 40
"""So many metrics of our own have data in an hour with work; one is paid for by the hour."""
USUAL_HOURS: Final = (10.0, 100.0, 1000.0)


@dataclass(frozen=True)
class CostLine:
    """One line of an estimate, in US dollars a month."""

    what: str
    usd: float
    idle: bool = False


def estimate(
    hours: float,
    *,
    gpu: str = "g6.xlarge",
    spot: bool = True,
    model: bool = False,
    classic: bool = False,
) -> list[CostLine]:
    """Return what so many new hours of audio a month cost, one episode an hour.

    Raises:
        InvalidInput: a GPU that has no price, or hours that are none.
    """
    known = prices()
    if gpu not in known["gpu"]:
        raise InvalidInput(
            f"no price for {gpu}", hint=f"known are {', '.join(known['gpu'])}", code="gpu_unknown"
        )
    if not 0 <= hours < 1e7:  # noqa: PLR2004 - more was never said
        raise InvalidInput("hours are 0 or more", code="hours_invalid")
    return [
        CostLine("GPU", hours * gpu_usd_an_hour(known, gpu, spot=spot)),
        CostLine("language model", hours * _model(known) if model else 0.0),
        CostLine("Lambda, DynamoDB, EventBridge, SQS, logs", hours * _plumbing(known)),
        CostLine("storage of the month's audio and index", hours * _storage(known)),
        CostLine("OpenSearch Serverless", _index(known, classic=classic), idle=classic),
        CostLine("VPC endpoints for the GPU workers", _endpoints(known), idle=True),
        CostLine("alarms, metrics, dashboard, schedules", _watching(known), idle=True),
    ]


def tables() -> Iterator[str]:
    """Yield the documentation's tables: what months cost, and of what that is made."""
    kinds = list(prices()["gpu"])
    yield f"| hours a month | {' | '.join(f'{kind}, spot | on demand' for kind in kinds)} |"
    yield "|---" * (1 + 2 * len(kinds)) + "|"
    for hours in USUAL_HOURS:
        totals = [
            f"{sum(line.usd for line in estimate(hours, gpu=kind, spot=spot)):.0f}"
            for kind in kinds
            for spot in (True, False)
        ]
        yield f"| {hours:,.0f} | {' | '.join(totals)} |"
    yield ""
    yield "| USD | every month | an hour of audio |"
    yield "|---|---|---|"
    empty, one = (estimate(hours, model=True) for hours in (0.0, 1.0))
    for idle, used in zip(empty, one, strict=True):
        yield f"| {idle.what} | {idle.usd:.2f} | {used.usd - idle.usd:.4f} |"


def gpu_usd_an_hour(known: dict[str, Any], gpu: str, *, spot: bool) -> float:
    """Return what an hour of audio costs on a GPU, starts and the managed fee included."""
    kind = known["gpu"][gpu]
    price = kind["spot_h"] if spot else kind["on_demand_h"]
    fee = known["managed_instances"]["fee_share_of_on_demand"] * kind["on_demand_h"]
    machine_h = kind["real_time_factor"] + START_MIN / 60 / HOURS_A_START
    return float((price + fee) * machine_h)


def _model(known: dict[str, Any]) -> float:
    tokens = WORDS_AN_HOUR * TOKENS_A_WORD / 1e6
    llm = known["llm"]
    return float(
        READINGS * tokens * llm["million_tokens_in"]
        + tokens * SUGGESTED_SHARE * llm["million_tokens_out"]
    )


def _plumbing(known: dict[str, Any]) -> float:
    """Return what one episode's way through log, bus, queues and functions costs."""
    writes = EVENTS_AN_EPISODE * 2 * 2 + 10  # a transaction writes twice, event and head
    deliveries = EVENTS_AN_EPISODE * CONSUMERS_AN_EVENT
    return float(
        LAMBDA_GIB_S_AN_HOUR * known["lambda"]["gib_s_arm"]
        + deliveries * known["lambda"]["million_requests"] / 1e6
        + writes * known["dynamodb"]["million_writes"] / 1e6
        + 4 * writes * known["dynamodb"]["million_reads"] / 1e6
        + EVENTS_AN_EPISODE * known["eventbridge"]["million_events"] / 1e6
        + LOG_GIB_AN_HOUR * known["cloudwatch"]["log_gib"]
        + 3 * deliveries * known["sqs"]["million_requests"] / 1e6
    )


def _storage(known: dict[str, Any]) -> float:
    audio = AUDIO_GIB_AN_HOUR * known["s3"]["gib_month"]
    index = INDEX_GIB_AN_HOUR * known["opensearch_serverless"]["gib_month"]
    return float(audio + index + 20 * known["s3"]["million_puts"] / 1e6)


def _index(known: dict[str, Any], *, classic: bool) -> float:
    serverless = known["opensearch_serverless"]
    if classic:
        return float(serverless["classic_least_ocu"] * HOURS_A_MONTH * serverless["ocu_h"])
    return float(INDEX_OCU * SEARCH_HOURS_A_DAY * HOURS_A_MONTH / 24 * serverless["ocu_h"])


def _endpoints(known: dict[str, Any]) -> float:
    return float(known["endpoints"]["interface_h"] * ENDPOINTS * HOURS_A_MONTH)


def _watching(known: dict[str, Any]) -> float:
    """Return what alarms, metrics, the dashboard and the clock cost on an ordinary day."""
    watch = known["cloudwatch"]
    calls = SCHEDULED_A_MONTH / 1e6
    return float(
        ALARM_METRICS * watch["alarm_metric_month"]
        + OWN_METRICS * watch["own_metric_month"] * SEARCH_HOURS_A_DAY / 24
        + watch["dashboard_month"]
        + calls * known["eventbridge"]["million_scheduled"]
        + calls * known["lambda"]["million_requests"]
    )
