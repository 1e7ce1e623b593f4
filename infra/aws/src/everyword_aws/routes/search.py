"""The routes of search's function."""

from collections.abc import Sequence

import search.api
from everyword_http import Router
from everyword_http.public_shows import ChosenShows, show_access_router
from search.service import SearchService


def search_routers(service: SearchService, shows: ChosenShows) -> Sequence[Router]:
    """Return the routes: those of search, and which shows are public."""

    def listed() -> dict[str, int]:
        return {each["name"]: each["episodes"] for each in service.shows()}

    return [search.api.router(service), show_access_router(shows, listed)]
