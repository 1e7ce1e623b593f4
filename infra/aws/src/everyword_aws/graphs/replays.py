"""What works off replays of many episodes."""

from functools import cache

from everyword_aws.clients import client
from everyword_aws.graphs.ingest import REPLAYS, graph, kept_replays, replayer
from everyword_aws.replays import ReplayRuns, sender
from everyword_events.aws.depths import SqsDepths
from everyword_events.replay_jobs import ReplayWorker
from ingest.domain import REPLAYABLE


@cache
def runs() -> ReplayRuns:
    """Return the worker; while much is waiting, it waits."""
    environment = graph().environment
    takers = sorted({service for services in REPLAYABLE.values() for service in services})
    depths = SqsDepths(client("sqs"), {each: environment.queue(each) for each in takers})
    kept = kept_replays()
    return ReplayRuns(
        kept,
        lambda: ReplayWorker(kept, replayer(), waiting=depths.most_waiting),
        sender(client("sqs"), environment.queue(REPLAYS)),
    )
