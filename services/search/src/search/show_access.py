"""What of the index those without a key may find: the shows chosen to be public."""

from collections.abc import Mapping

from everyword_http.access import without_key
from everyword_http.public_shows import Choice, ChosenShows
from search.service import ReadableShows


def readable_shows(shows: ChosenShows) -> ReadableShows:
    """Return what whoever asks now may read."""
    if not without_key.get():
        return ReadableShows()
    choices = shows.choices()
    if shows.others == "private":
        return ReadableShows(only=_chosen(choices, "public"))
    return ReadableShows(hidden=_chosen(choices, "private"))


def _chosen(choices: Mapping[str, Choice], wanted: Choice) -> frozenset[str]:
    return frozenset(show for show, choice in choices.items() if choice == wanted)
