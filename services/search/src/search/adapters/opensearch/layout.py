"""The indices: names, versions, mappings; made from templates, reached through aliases.

Four indices make up a generation: `passages` (the words, and the mark: see `known`), `episodes`
(which run's passages count, and what the episode is called), `words` (the vocabulary) and
`sounds`. Words are cut into tokens by our own code before they get here, so one mapping serves
every language, and hits are the same on any engine and any version of OpenSearch.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from everyword_events import Misconfigured
from search.adapters.opensearch.client import Json, OpenSearchClient
from search.domain.phonetics.phones import GRAM, LETTERS, coarse

FORMAT: Final = 6
"""Of the mappings, or of the tokens in them: an older index is written anew."""
FIRST: Final = "first"
_KEYWORD: Final = {"type": "keyword"}
_FILTER: Final = {"type": "keyword", "doc_values": False}  # never sorted or counted by
_KEPT: Final = {"type": "object", "enabled": False}  # only read back, whatever it is
_PASSAGE: Final[Json] = {
    "episode_id": _KEYWORD,
    "revision": _FILTER,
    "language": _FILTER,
    "speakers": _FILTER,  # folded names of all who speak in the passage
    "number": {"type": "integer", "index": False},
    "tokens": {"type": "text", "analyzer": "tokens", "norms": False},
    "size": _KEPT,  # words a passage was given when it was cut
    "first": _KEPT,  # index of its first own word
    "own": _KEPT,  # own words; what follows belongs to the next
    "words": _KEPT,  # as they are shown
    "times": _KEPT,  # see `spoken_words`
    "breaks": _KEPT,
    "turns": _KEPT,
    "joined": _FILTER,  # its compounds written together, where it has any
    "apart": _KEPT,  # the tokens of each, joined by spaces
}
_EPISODE: Final[Json] = {
    "episode_id": _KEYWORD,
    "revision": _FILTER,
    "stamp": {"type": "long", "index": False},  # see `known`
    "removed": _KEPT,
    "language": _KEYWORD,
    "words": _KEPT,
    "passages": _KEPT,
    "duration_ms": _KEPT,
    "as_of": _KEPT,
    "show": _KEYWORD,
    "show_folded": _FILTER,
    "title": _KEPT,
    "title_tokens": {"type": "text", "analyzer": "tokens", "norms": False},
    "link": _KEPT,
    "published": {"type": "double"},  # epoch seconds; very low where no date is known
    "speakers": _KEYWORD,
    "speakers_folded": _FILTER,
}
_WORD: Final[Json] = {"key": _FILTER, "term": _KEPT}
_SOUNDS: Final[Json] = {
    "episode_id": _KEYWORD,
    "revision": _FILTER,
    "number": {"type": "integer"},
    "sounds": {"type": "text", "analyzer": "grams", "norms": False, "index_options": "docs"},
    "more": _KEPT,  # the sounds of the next passage that are repeated
    "size": _KEPT,  # words a passage of words was given
    "is_reading": _KEPT,
    "owners": _KEPT,
}
KINDS: Final = {"passages": _PASSAGE, "episodes": _EPISODE, "words": _WORD, "sounds": _SOUNDS}
_TOKENS: Final[Json] = {"analyzer": {"tokens": {"type": "custom", "tokenizer": "whitespace"}}}
_ANALYSIS: Final[Json] = {
    "passages": _TOKENS,
    "episodes": _TOKENS,
    "sounds": {
        "char_filter": {
            "classes": {
                "type": "mapping",
                "mappings": [f"{sound}=>{coarse(sound)}" for sound in LETTERS],
            }
        },
        "tokenizer": {"grams": {"type": "ngram", "min_gram": GRAM, "max_gram": GRAM}},
        "analyzer": {"grams": {"type": "custom", "char_filter": ["classes"], "tokenizer": "grams"}},
    },
}
_SINCE: Final = {"sounds": 4}
"""The format a kind came with, where that is not the first."""


@dataclass(frozen=True)
class Generation:
    """The concrete indices behind the aliases at one time; a write keeps to one generation.

    Generations are named by the time they were begun, but for the `first`.
    """

    prefix: str
    format: int
    name: str

    @property
    def passages(self) -> str:
        """The index of passages."""
        return self.index("passages")

    @property
    def episodes(self) -> str:
        """The index of episodes."""
        return self.index("episodes")

    @property
    def words(self) -> str:
        """The index of the vocabulary."""
        return self.index("words")

    @property
    def sounds(self) -> str:
        """The index of what episodes sound like."""
        return self.index("sounds")

    @property
    def kinds(self) -> list[str]:
        """The kinds of indices that its format has."""
        return [kind for kind in KINDS if _SINCE.get(kind, 1) <= self.format]

    @property
    def age(self) -> tuple[bool, str]:
        """Sorts generations, the oldest first."""
        return self.name != FIRST, self.name

    def index(self, kind: str) -> str:
        """Return the name of one of its indices."""
        return f"{self.prefix}-{kind}-{self.format}-{self.name}"


@dataclass(frozen=True)
class Layout:
    """Names, all starting with `prefix`."""

    client: OpenSearchClient
    prefix: str = "everyword"

    @property
    def passages(self) -> str:
        """The alias to read passages by."""
        return f"{self.prefix}-passages"

    @property
    def episodes(self) -> str:
        """The alias to read episodes by."""
        return f"{self.prefix}-episodes"

    @property
    def words(self) -> str:
        """The alias to read the vocabulary by."""
        return f"{self.prefix}-words"

    @property
    def sounds(self) -> str:
        """The alias to read what episodes sound like by."""
        return f"{self.prefix}-sounds"

    def prepare(self) -> None:
        """Make templates, indices and aliases where there are none yet.

        Raises:
            Misconfigured: the indices are of another version.
        """
        if self.client.index_behind(self.passages) is None:
            self.put_templates()
            self.switch_to(self.create(FIRST))
        found = self.current().format
        if found > FORMAT:
            raise Misconfigured(
                f"the search index was written by a newer version (format {found}, "
                f"this program knows {FORMAT})",
                hint="update everyword",
                code="index_too_new",
            )
        if found < FORMAT:
            raise Misconfigured(
                f"the search index has the older format {found}",
                hint="bring it up to date with `everyword reindex`",
                code="index_too_old",
            )

    def current(self) -> Generation:
        """Return the generation behind the aliases now."""
        index = self.client.index_behind(self.passages)
        found = None if index is None else self._generation(index)
        if found is None:
            raise Misconfigured(
                f"OpenSearch has no index behind the alias {self.passages}",
                hint="index an episode, or rebuild the index by replay",
                code="index_missing",
            )
        return found

    def beside(self, current: Generation) -> list[Generation]:
        """Return the generations that no alias leads to, the oldest first."""
        indices = self.client.request("GET", f"/{self.passages}-*/_mapping")
        found = filter(None, map(self._generation, indices))
        return sorted((one for one in found if one != current), key=lambda one: one.age)

    def knows(self, index: str) -> bool:
        """Tell whether an index is of this program's format."""
        named = re.fullmatch(rf"{re.escape(self.prefix)}-(\w+)-(\d+)-\w+", index)
        return named is not None and int(named[2]) == FORMAT

    def put_templates(self) -> None:
        """State what an index of each kind is like, for all that will be made."""
        for kind, properties in KINDS.items():
            template = f"{self.prefix}-{kind}-{FORMAT}"
            self.client.request(
                "PUT",
                f"/_index_template/{template}",
                {"index_patterns": [f"{template}-*"], "template": _template(kind, properties)},
            )

    def create(self, name: str) -> Generation:
        """Make the indices of a new generation, or find those made before under that name."""
        new = Generation(self.prefix, FORMAT, name)
        for index in map(new.index, KINDS):
            if not self.client.exists(index):
                try:
                    self.client.request("PUT", f"/{index}")
                except Misconfigured:
                    # Two processes prepared at once: the other one's index will do.
                    if not self.client.exists(index):
                        raise
        return new

    def switch_to(self, new: Generation, old: Generation | None = None) -> None:
        """Point all aliases at another generation in one step."""
        actions: list[Json] = []
        for kind in KINDS:
            alias = f"{self.prefix}-{kind}"
            actions.append({"add": {"index": new.index(kind), "alias": alias}})
            if old is not None and kind in old.kinds:
                actions.append({"remove": {"index": old.index(kind), "alias": alias}})
        self.client.request("POST", "/_aliases", {"actions": actions})

    def drop(self, generation: Generation) -> None:
        """Delete the indices of a generation that no alias leads to any more.

        The passages go last: by them a generation is found again that was deleted in part.
        """
        for kind in reversed(KINDS):
            self.client.drop(generation.index(kind))

    def _generation(self, passages: str) -> Generation | None:
        """Read a generation out of the name of its passages."""
        named = re.fullmatch(rf"{re.escape(self.passages)}-(\d+)-(\w+)", passages)
        return Generation(self.prefix, int(named[1]), named[2]) if named else None


def _template(kind: str, properties: Json) -> Json:
    mappings: dict[str, Any] = {
        "dynamic": "strict",
        "_meta": {"everyword_format": FORMAT},
        "properties": properties,
    }
    analysis = _ANALYSIS.get(kind)
    return {"settings": {"analysis": analysis} if analysis else {}, "mappings": mappings}
