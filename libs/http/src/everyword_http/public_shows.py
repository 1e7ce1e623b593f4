"""Which shows those without a key may read: a choice for each show, and one for all others."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Literal, Protocol

from fastapi import Response
from pydantic import BaseModel

from everyword_events import NotFound
from everyword_http.access import needs
from everyword_http.routing import Router, reply

Choice = Literal["public", "private"]


class ShowChoices(Protocol):
    """Keeps the choices by the folded names of shows."""

    def choose(self, folded: str, name: str, choice: Choice) -> None:
        """Keep a choice, in the place of the one before."""
        ...

    def choices(self) -> Mapping[str, Choice]:
        """Return what was chosen, by the folded name."""
        ...


class ChosenShows:
    """Knows what is public by the choices; `others` is what holds for a show without one.

    `fold` gives the form in which names compare, `show_of` an episode's show.
    """

    def __init__(
        self,
        kept: ShowChoices,
        *,
        fold: Callable[[str], str],
        show_of: Callable[[str], str],
        others: Choice = "private",
    ) -> None:
        self._kept = kept
        self._fold = fold
        self._show_of = show_of
        self.others = others

    def choose(self, show: str, choice: Choice) -> None:
        """Make a show public or private."""
        self._kept.choose(self._fold(show), show, choice)

    def choices(self) -> Mapping[str, Choice]:
        """Return what was chosen, by the folded name."""
        return self._kept.choices()

    def called(self, name: str, among: Iterable[str]) -> str | None:
        """Return the show that a name means, as it is written."""
        return next((each for each in among if self._fold(each) == self._fold(name)), None)

    def any_public(self) -> bool:
        """Tell whether there may be anything that is public."""
        return self.others == "public" or "public" in self.choices().values()

    def is_public(self, show: str) -> bool:
        """Tell whether a show is public."""
        return self.choices().get(self._fold(show), self.others) == "public"

    def is_public_episode(self, episode_id: str) -> bool:
        """Tell whether an episode's show is public; one that is not there is not.

        Where all shows are alike nobody asks which show it is of.
        """
        choices = self.choices()
        if all(choice == self.others for choice in choices.values()):
            return self.others == "public"
        try:
            show = self._show_of(episode_id)
        except NotFound:
            return False
        return choices.get(self._fold(show), self.others) == "public"


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


def show_access_router(shows: ChosenShows, listed: Callable[[], Mapping[str, int]]) -> Router:
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
        found = shows.called(name, counts)
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
