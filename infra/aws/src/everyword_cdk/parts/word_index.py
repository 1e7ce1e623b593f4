"""An OpenSearch Serverless collection, with a data access policy for each who may reach it.

`nextgen` collections sleep: after ten idle minutes they cost storage only, and the first search
waits 10 to 30 s. `classic` ones never sleep, and cost at least two half OCUs around the clock.
"""

import json
from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchserverless as serverless
from constructs import Construct

from everyword_cdk.deployment import Deployment
from everyword_cdk.names import Names

MOST_OCU = 4
_READ = ["aoss:DescribeIndex", "aoss:ReadDocument"]
_WRITE = ["aoss:CreateIndex", "aoss:DeleteIndex", "aoss:UpdateIndex", "aoss:WriteDocument"]
_SEE_ALIASES = ["aoss:DescribeCollectionItems"]
_MAKE_ALIASES = ["aoss:CreateCollectionItems", "aoss:UpdateCollectionItems"]


class WordIndexCollection(Construct):
    """The collection. Reached by signed requests only, from roles that a policy names."""

    def __init__(self, scope: Construct, names: Names, deployment: Deployment) -> None:
        super().__init__(scope, "WordIndex")
        self._name = names.collection
        here = [f"collection/{self._name}"]
        encryption = self._policy(
            "encryption",
            {
                "Rules": [{"ResourceType": "collection", "Resource": here}],
                "AWSOwnedKey": True,
            },
        )
        network = self._policy(
            "network",
            [
                {
                    "Description": "The API only, not the dashboards; who may ask, IAM decides",
                    "Rules": [{"ResourceType": "collection", "Resource": here}],
                    "AllowFromPublic": True,
                }
            ],
        )
        self.collection = serverless.CfnCollection(
            self,
            "Collection",
            name=self._name,
            type="SEARCH",
            description="Every word, with its time",
            standby_replicas="ENABLED" if deployment.index == "nextgen" else "DISABLED",
        )
        if deployment.index == "nextgen":
            group = self._sleeping_group()
            self.collection.collection_group_name = group.name
            self.collection.add_resource_dependency(group)
        for policy in (encryption, network):
            self.collection.add_resource_dependency(policy)

    @property
    def endpoint(self) -> str:
        """The address of the collection."""
        return self.collection.attr_collection_endpoint

    @property
    def arn(self) -> str:
        """The ARN of the collection."""
        return self.collection.attr_arn

    def allow(self, *, writer: iam.IRole, readers: Sequence[iam.IRole]) -> None:
        """Let one role make indices and write, and others read."""
        self._access("write", [writer], [*_READ, *_WRITE], [*_SEE_ALIASES, *_MAKE_ALIASES])
        self._access("read", readers, _READ, _SEE_ALIASES)

    def _sleeping_group(self) -> serverless.CfnCollectionGroup:
        return serverless.CfnCollectionGroup(
            self,
            "Group",
            name=self._name,
            generation="NEXTGEN",
            standby_replicas="ENABLED",
            capacity_limits=serverless.CfnCollectionGroup.CapacityLimitsProperty(
                min_indexing_capacity_in_ocu=0,
                min_search_capacity_in_ocu=0,
                max_indexing_capacity_in_ocu=MOST_OCU,
                max_search_capacity_in_ocu=MOST_OCU,
            ),
        )

    def _policy(self, kind: str, document: object) -> serverless.CfnSecurityPolicy:
        return serverless.CfnSecurityPolicy(
            self,
            kind.title(),
            name=f"{self._name}-{kind}"[:32],
            type=kind,
            policy=json.dumps(document),
        )

    def _access(
        self, name: str, roles: Sequence[iam.IRole], on_index: list[str], on_names: list[str]
    ) -> None:
        principals = [role.role_arn for role in roles]
        rules = [
            {
                "ResourceType": "index",
                "Resource": [f"index/{self._name}/everyword*"],
                "Permission": on_index,
            },
            {
                "ResourceType": "collection",
                "Resource": [f"collection/{self._name}"],
                "Permission": on_names,
            },
        ]
        serverless.CfnAccessPolicy(
            self,
            f"Access-{name}",
            name=f"{self._name}-{name}"[:32],
            type="data",
            policy=Stack.of(self).to_json_string([{"Rules": rules, "Principal": principals}]),
        )
