"""Where a query is spoken in an episode: asked by ingest's functions, answered by search's."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from everyword_events import InvalidInput, SpokenMoment, TransientFailure
from everyword_events.aws.errors import translated

NO_EPISODE: Final = "none"
"""An id that no episode has: such a search only checks its query."""


class LambdaMoments:
    """Ingest's `FindMoments` port, over a function of search's."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def __call__(self, query: str, episode_id: str) -> Sequence[SpokenMoment]:
        """Find a query in one episode.

        Raises:
            InvalidInput: it cannot be understood.
            TransientFailure: search does not answer now.
        """
        asked = {"query": query, "episode_id": episode_id}
        with translated("ask search"):
            reply = self._client.invoke(FunctionName=self._function, Payload=json.dumps(asked))
            answer = json.loads(reply["Payload"].read())
        if "FunctionError" in reply:
            raise TransientFailure("search does not answer", code="search_failed")
        if "refused" in answer:
            raise InvalidInput(**answer["refused"])
        return [SpokenMoment.model_validate(each) for each in answer["moments"]]


class MomentSearch:
    """Answers it."""

    def __init__(self, search: Callable[..., Any]) -> None:
        self._search = search

    def find(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return the moments, or why the query was refused."""
        episode_id = asked["episode_id"] or NO_EPISODE
        try:
            found = self._search(asked["query"], episode=episode_id, exact=True, limit=1)
        except InvalidInput as error:
            why = {"message": error.message, "hint": error.hint, "code": error.code}
            return {"refused": why}
        moments = [moment for episode in found["results"] for moment in episode["moments"]]
        wanted = ("start", "end", "first_word", "speaker")
        return {"moments": [{name: moment[name] for name in wanted} for moment in moments]}
