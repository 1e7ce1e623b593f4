"""What starts refinements, without loading what refines."""

from functools import cache

from everyword_aws.batch import BatchConsumer, consumer_of
from everyword_aws.clients import client
from everyword_aws.dispatching import Dispatcher
from everyword_aws.graphs.shared import ServiceGraph


@cache
def dispatcher() -> BatchConsumer:
    """Return what starts a durable execution for every event of the queue."""
    graph = ServiceGraph()
    starts = Dispatcher(client("lambda"), graph.environment.durable_function, graph.log)
    return consumer_of(graph, starts.handle)
