"""Search's API: it finds what whoever asks may read."""

from collections.abc import Sequence
from functools import cache, partial

from everyword_aws.environment import ServiceEnvironment
from everyword_aws.graphs.search import compose
from everyword_aws.routes.search import search_routers
from everyword_aws.show_access import chosen_shows, no_episode
from everyword_http import Router
from everyword_http.public_shows import ChosenShows
from search.show_access import readable_shows


@cache
def shows() -> ChosenShows:
    """Return which shows are public."""
    return chosen_shows(ServiceEnvironment.read(), no_episode)


@cache
def routers() -> Sequence[Router]:
    """Return the routes."""
    return search_routers(compose(readable=partial(readable_shows, shows())), shows())
