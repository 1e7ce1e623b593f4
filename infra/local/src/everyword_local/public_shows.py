"""Which shows those without a key may read: a choice for each show, and one for all others."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final, Literal

from fastapi import Response
from pydantic import BaseModel

from everyword_events import NotFound
from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.opener import Schema
from everyword_http import Router, needs, reply
from everyword_http.access import without_key
from search.domain.query import folded_name
from search.service import ReadableShows

Choice = Literal["public", "private"]
SCHEMA: Final = Schema(
    "the choice of public shows",
    1,
    "CREATE TABLE shows (folded TEXT PRIMARY KEY, name TEXT NOT NULL, choice TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;",
)


class SqlitePublicShows:
    """Keeps the choices in one SQLite file; `others` is what holds for a show without one.

    Names compare as search compares them: without case and accents.
    """

    def __init__(self, path: Path, *, show_of: Callable[[str], str]) -> None:
        self._database = SqliteDatabase(path, SCHEMA)
        self._show_of = show_of
        self.others: Choice = "private"

    def choose(self, show: str, choice: Choice) -> None:
        """Make a show public or private."""
        row = (folded_name(show), show, choice)
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO shows VALUES (?, ?, ?)", row)

    def choices(self) -> dict[str, Choice]:
        """Return what was chosen, by the folded name."""
        return dict(self._database.read("SELECT folded, choice FROM shows"))

    def any_public(self) -> bool:
        """Tell whether there may be anything that is public."""
        return self.others == "public" or "public" in self.choices().values()

    def is_public(self, show: str) -> bool:
        """Tell whether a show is public."""
        return self.choices().get(folded_name(show), self.others) == "public"

    def is_public_episode(self, episode_id: str) -> bool:
        """Tell whether an episode's show is public; one that is not there is not."""
        try:
            return self.is_public(self._show_of(episode_id))
        except NotFound:
            return False

    def readable(self) -> ReadableShows:
        """Return what whoever asks now may read."""
        if not without_key.get():
            return ReadableShows()
        choices = self.choices()
        if self.others == "private":
            return ReadableShows(only=_chosen(choices, "public"))
        return ReadableShows(hidden=_chosen(choices, "private"))

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _chosen(choices: dict[str, Choice], wanted: Choice) -> frozenset[str]:
    return frozenset(show for show, choice in choices.items() if choice == wanted)


class ShowReply(BaseModel):
    """A show, and whether those without a key may read it."""

    name: str
    episodes: int
    public: bool


class ShowsReply(BaseModel):
    """All shows, the one with most episodes first."""

    shows: list[ShowReply]


class ChoiceRequest(BaseModel):
    """Whether those without a key may read a show."""

    public: bool


def router(shows: SqlitePublicShows, listed: Callable[[], dict[str, int]]) -> Router:
    """Return the routes of the choices; `listed` gives the episodes by show."""
    routes = Router(tags=["shows"])

    @routes.get("/v1/show-access", summary="Which shows are public", dependencies=[needs("admin")])
    def list_shows() -> ShowsReply:
        return ShowsReply(
            shows=[
                ShowReply(name=name, episodes=count, public=shows.is_public(name))
                for name, count in listed().items()
            ]
        )

    @routes.put(
        "/v1/show-access/{name}",
        summary="Make a show public, or take it back",
        response_model=ShowReply,
        dependencies=[needs("admin")],
    )
    def choose(name: str, body: ChoiceRequest) -> Response:
        counts = listed()
        found = next((each for each in counts if folded_name(each) == folded_name(name)), None)
        if found is None:
            raise NotFound(
                f"no show is called {name[:80]!r}",
                hint="`everyword shows list` says which there are",
                code="show_missing",
            )
        shows.choose(found, "public" if body.public else "private")
        chosen = ShowReply(name=found, episodes=counts[found], public=body.public)
        return reply(chosen, HTTPStatus.OK)

    return routes
