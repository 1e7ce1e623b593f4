"""Search: the word index in OpenSearch Serverless, what fills it and what asks it."""

from constructs import Construct

from everyword_cdk import permissions
from everyword_cdk.parts.word_index import WordIndex
from everyword_cdk.stacks.base import Plan
from everyword_cdk.stacks.service import BATCH, ServiceStack
from search.contract import CONTRACT

MOST_INDEXERS = 2
"""Bulk writes are large; more at once only earn 429 from a small collection."""


class SearchStack(ServiceStack):
    """The search service."""

    def __init__(self, scope: Construct, plan: Plan) -> None:
        self.collection: WordIndex
        super().__init__(scope, CONTRACT.service, "search", plan, "Everyword: word search")
        names = plan.names
        self.collection = WordIndex(self, names, plan.deployment)
        queue = self.work_queue()
        queue.subscribe(self.bus, CONTRACT)
        reach = permissions.search_index(self.collection.arn)
        address = {"index_url": self.collection.endpoint}
        indexer = self.events(
            [
                *permissions.append_events(names),
                permissions.read_blobs(names, "refine"),
                reach,
            ],
            memory_mib=1024,
            **address,
        )
        indexer.work_on(queue, batch=BATCH, most_at_once=MOST_INDEXERS)
        self.api_function = self.api(
            [permissions.read_blobs(names, "refine"), reach],
            memory_mib=1769,
            **address,
        )
        self.collection.allow(writer=indexer.role, reader=self.api_function.role)
