"""The query language: words, "phrases", pre*, -word, speaker:, show:, before:, after:."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from everyword_events import InvalidInput
from everyword_transcripts.folding import fold, folded_name
from search.domain.tokens import joined, tokens_of

LONGEST_QUERY: Final = 300
MOST_CLAUSES: Final = 24
WINDOW: Final = 50
"""`word word` finds the words within so many words of each other: about 20 s of speech."""
SHORTEST_PREFIX: Final = 2

_CHUNK: Final = re.compile(
    r"""(?P<minus>-)?(?:(?P<field>speaker|show|before|after):)?"""
    r"""(?:"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<bare>\S*))""",
    re.IGNORECASE,
)
_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟«»\uff02", '"'))
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


class Spelling(NamedTuple):
    """One word of a query as its tokens, and written together when it is a compound.

    A number may be several words (`nineteen eighty-four`); `others` are its other spellings.
    """

    tokens: tuple[str, ...]
    joined: str | None = None
    others: tuple[tuple[str, ...], ...] = ()


class Clause(NamedTuple):
    """What must be said in one piece: a word or a phrase; its last token may be a prefix."""

    spellings: tuple[Spelling, ...]
    is_prefix: bool = False

    @property
    def tokens(self) -> tuple[str, ...]:
        """All tokens in a row."""
        return tuple(token for spelling in self.spellings for token in spelling.tokens)


@dataclass(frozen=True)
class Filters:
    """Where to look. Names compare by `folded_name`; None means everywhere.

    A date range holds `published_from <= published < published_before` (epoch seconds); an
    episode without a date is in no range.
    """

    shows: frozenset[str] | None = None
    episodes: frozenset[str] | None = None
    speakers: frozenset[str] | None = None
    published_from: float | None = None
    published_before: float | None = None

    def also(self, other: "Filters") -> "Filters":
        """Return the filter that both must let pass."""
        floors = [f for f in (self.published_from, other.published_from) if f is not None]
        ceilings = [c for c in (self.published_before, other.published_before) if c is not None]
        return Filters(
            shows=_both(self.shows, other.shows),
            episodes=_both(self.episodes, other.episodes),
            speakers=_both(self.speakers, other.speakers),
            published_from=max(floors, default=None),
            published_before=min(ceilings, default=None),
        )


@dataclass(frozen=True)
class Query:
    """A query understood; one without wanted clauses asks for all that its speakers say.

    For the numbers in it see `search.domain.number_queries`.
    """

    text: str
    wanted: tuple[Clause, ...]
    unwanted: tuple[Clause, ...] = ()
    filters: Filters = field(default_factory=Filters)


def parse_query(text: str) -> Query:
    """Understand a query.

    Raises:
        InvalidInput: too long, nothing to look for, an open quote, a wildcard or a date that
            cannot be; the message says what to mend.
    """
    if len(text) > LONGEST_QUERY:
        raise _bad(
            f"the query has {len(text)} characters, at most {LONGEST_QUERY} are allowed",
            "look for fewer words",
        )
    wanted: list[Clause] = []
    unwanted: list[Clause] = []
    fields: dict[str, list[str]] = {"speaker": [], "show": [], "before": [], "after": []}
    for chunk in _CHUNK.finditer(text.translate(_QUOTES)):
        quoted = chunk["phrase"] is not None
        value = chunk["phrase"] if quoted else chunk["bare"]
        if quoted and not chunk["closed"]:
            raise _bad("a quotation mark is not closed", 'close it: "a phrase"')
        if chunk["field"]:
            if chunk["minus"]:
                raise _bad(f"-{chunk['field']}: cannot be excluded", "only words can: -word")
            fields[chunk["field"].lower()].append(_stated(chunk["field"], value))
            continue
        clause = _clause(value)
        if clause is not None:
            (unwanted if chunk["minus"] else wanted).append(clause)
    if not wanted and not fields["speaker"]:
        raise _bad(
            "there is nothing to look for",
            "give at least one word that is not excluded, or a speaker:",
        )
    if len(wanted) + len(unwanted) > MOST_CLAUSES:
        raise _bad(f"more than {MOST_CLAUSES} words", 'look for fewer words, or quote "a phrase"')
    filters = Filters(
        shows=_names(fields["show"]),
        speakers=_names(fields["speaker"]),
        published_from=max(map(first_moment, fields["after"]), default=None),
        published_before=min(map(first_moment, fields["before"]), default=None),
    )
    return Query(text, tuple(wanted), tuple(unwanted), filters)


def title_tokens(title: str) -> list[str]:
    """Return the words by which a title is found: no case, no accents."""
    return [fold(token) for word in title.split() for token in tokens_of(word)]


def first_moment(date: str) -> float:
    """Return the first instant of a year, month or day (`2024`, `2024-05`, `2024-05-31`), UTC."""
    return _period(date)[0]


def after_last_moment(date: str) -> float:
    """Return the instant at which a year, month or day is over."""
    return _period(date)[1]


def _period(date: str) -> tuple[float, float]:
    found = _DATE.fullmatch(date.strip())
    try:
        if found is None:
            stated = datetime.fromisoformat(date.strip())
            instant = (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).timestamp()
            return instant, instant
        year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
        start = datetime(year, month, day, tzinfo=UTC)
        if found[3]:
            end = start + timedelta(days=1)
        elif found[2]:
            end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        else:
            end = datetime(year + 1, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise _bad(f"{date!r} is not a date", "write 2024, 2024-05 or 2024-05-31") from error
    return start.timestamp(), end.timestamp()


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _stated(name: str, value: str) -> str:
    if not value.strip():
        raise _bad(f"{name}: has no value", f'write {name}:value, or {name}:"two words"')
    return value


def _names(values: Sequence[str]) -> frozenset[str] | None:
    return frozenset(map(folded_name, values)) if values else None


def _clause(value: str) -> Clause | None:
    words = value.split()
    is_prefix = bool(words) and words[-1].endswith("*")
    if is_prefix:
        words[-1] = words[-1].removesuffix("*")
    if any("*" in word and tokens_of(word) for word in words):
        raise _bad("a * in the midst of a word", "a * stands at the end: pre*")
    spellings = [Spelling(tokens, joined(tokens)) for word in words if (tokens := tokens_of(word))]
    if is_prefix:
        last = tokens_of(words[-1])
        if not last or (len(last[-1]) < SHORTEST_PREFIX and last[-1].isascii()):
            raise _bad("a * after too few letters", f"give at least {SHORTEST_PREFIX}: pre*")
        spellings[-1] = Spelling(last)
    if sum(len(spelling.tokens) for spelling in spellings) > WINDOW:
        raise _bad(f"a phrase of more than {WINDOW} words", "quote fewer words")
    return Clause(tuple(spellings), is_prefix) if spellings else None


def _bad(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, hint=hint, code="query_invalid")
