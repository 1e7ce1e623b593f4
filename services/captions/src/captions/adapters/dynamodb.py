"""The newest captions of each episode, in DynamoDB: one item an episode, compared and set."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter

from captions.domain.latest import LatestFiles
from everyword_events.aws.errors import held, translated

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_STATE: Final = TypeAdapter(LatestFiles)


class DynamoLatestCaptions:
    """`LatestCaptions` over one table. Threads and processes may share it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, episode_id: str) -> LatestFiles | None:
        """Return what is known of the episode, or None."""
        with translated("read the newest captions"):
            reply = self._client.get_item(
                TableName=self._table, Key=_key(episode_id), ConsistentRead=True
            )
        item = reply.get("Item")
        if item is None:
            return None
        return replace(_STATE.validate_json(item["state"]["S"]), version=int(item["version"]["N"]))

    def put(self, episode_id: str, known: LatestFiles) -> bool:
        """Replace the version that `known` was made from, if it still is the present one."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if known.version:
            condition = {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":version": {"N": str(known.version)}},
            }
        item = {
            **_key(episode_id),
            "run_id": {"S": known.run_id},
            "version": {"N": str(known.version + 1)},
            "state": {"S": _STATE.dump_json(known).decode()},
        }
        return held(
            "keep the newest captions",
            lambda: self._client.put_item(TableName=self._table, Item=item, **condition),
        )


def table_definition(name: str) -> dict[str, Any]:
    """Return what `create_table` takes: the one description of the table's shape."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    }


def _key(episode_id: str) -> dict[str, Any]:
    return {"pk": {"S": episode_id}, "sk": {"S": "latest"}}
