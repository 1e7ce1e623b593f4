"""Which shows are public, in the table of keys: one item, which every API reads."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from everyword_aws.clients import client
from everyword_aws.environment import ApiEnvironment
from everyword_events import NotFound
from everyword_events.aws.errors import translated
from everyword_http.public_shows import Choice, ChosenShows
from everyword_transcripts.folding import folded_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PUBLIC_SHOWS: Final = "public-shows"
"""The item's key; keys of people are hexadecimal."""
_SHOW: Final = "show:"
"""What an attribute begins with whose value is a choice; the rest is the folded name."""


class DynamoShowChoices:
    """A `ShowChoices` over one item: an attribute a show, so that nobody overwrites another's."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._key: Any = {"pk": {"S": PUBLIC_SHOWS}}

    def choose(self, folded: str, name: str, choice: Choice) -> None:
        """Keep a choice, in the place of the one before."""
        del name  # the folded one says all
        with translated("keep which shows are public"):
            self._client.update_item(
                TableName=self._table,
                Key=self._key,
                UpdateExpression="SET #show = :choice",
                ExpressionAttributeNames={"#show": f"{_SHOW}{folded}"},
                ExpressionAttributeValues={":choice": {"S": choice}},
            )

    def choices(self) -> dict[str, Choice]:
        """Return what was chosen, by the folded name."""
        with translated("read which shows are public"):
            reply = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        return {
            name.removeprefix(_SHOW): cast("Choice", value["S"])
            for name, value in reply.get("Item", {}).items()
            if name.startswith(_SHOW)
        }


def chosen_shows(environment: ApiEnvironment, show_of: Callable[[str], str]) -> ChosenShows:
    """Return what those without a key may read; `show_of` gives the show of an episode."""
    return ChosenShows(
        DynamoShowChoices(client("dynamodb"), f"{environment.prefix}-keys"),
        fold=folded_name,
        show_of=show_of,
        others="public" if environment.public_search == "yes" else "private",
    )


def no_episode(episode_id: str) -> str:
    """Know no episode: the routes of this function name none.

    Raises:
        NotFound: always.
    """
    raise NotFound(f"no episode {episode_id[:80]!r}", code="episode_missing")
