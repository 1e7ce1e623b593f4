"""Search: the word index in OpenSearch Serverless, what fills it and what asks it."""

from aws_cdk import Duration
from constructs import Construct

from everyword_cdk import permissions
from everyword_cdk.parts.word_index import WordIndexCollection
from everyword_cdk.stacks.base import DeploymentPlan
from everyword_cdk.stacks.service import BATCH, ServiceStack
from search.contract import CONTRACT

MOST_INDEXERS = 2
"""Bulk writes are large; more at once only earn 429 from a small collection."""


class SearchStack(ServiceStack):
    """The search service."""

    def __init__(self, scope: Construct, plan: DeploymentPlan) -> None:
        self.collection: WordIndexCollection
        super().__init__(scope, CONTRACT.service, "search", plan, "Everyword: word search")
        names = plan.names
        self.collection = WordIndexCollection(self, names, plan.deployment)
        queue = self.work_queue()
        queue.subscribe(self.bus, CONTRACT)
        reach = permissions.search_index(self.collection.arn)
        address = {"index_url": self.collection.endpoint}
        indexer = self.events(
            [
                *permissions.append_events(names),
                *permissions.read_blobs(names, "refine"),
                reach,
            ],
            memory_mib=1024,
            **address,
        )
        indexer.work_on(queue, batch=BATCH, most_at_once=MOST_INDEXERS)
        self.api_function = self.api(
            [*permissions.read_blobs(names, "refine"), permissions.choose_shows(names), reach],
            memory_mib=1769,
            variables=address,
        )
        moments = self.function(
            "moments",
            "Finds a query in one episode, for saved searches",
            [reach],
            timeout=Duration.seconds(60),
            memory_mib=1024,
            variables=address,
        )
        readers = (self.api_function.role, moments.role)
        self.collection.allow(writer=indexer.role, readers=readers)
