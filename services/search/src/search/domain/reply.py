"""The search reply, in the JSON that pages, widgets and scripts rely on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NotRequired

from typing_extensions import TypedDict

from search.domain.pages import EpisodeMoments, Moment, SnippetWord
from search.domain.perhaps import Perhaps


class MomentReply(TypedDict):
    """One hit; `start` and `end` are the matched words' own times, in seconds.

    `first_word` counts the episode's words from 0. `url` leads to the moment.
    """

    start: float
    end: float
    speaker: str | None
    first_word: int
    n_words: int
    url: str
    snippet: list[SnippetWord]


class EpisodeHits(TypedDict):
    """An episode, and how often something is in it.

    `starts` is where in its `duration_s` all of the hits lie, in seconds, ascending; of more than
    1,000, as many evenly chosen.
    """

    episode_id: str
    show: str
    title: str
    published_at: str | None
    url: str
    duration_s: float
    hits: int
    starts: list[float]


class EpisodeHitsReply(EpisodeHits):
    """An episode's hits. `hits` counts all; `next` goes on inside it when not all are here."""

    moments: list[MomentReply]
    next: NotRequired[str]


class PerhapsMomentReply(MomentReply):
    """A moment where the query was perhaps said; `likelihood` 0..1, `matched` what found it."""

    likelihood: float
    matched: str


class PerhapsReply(EpisodeHits):
    """The moments of one episode in which the query was perhaps said."""

    moments: list[PerhapsMomentReply]


class TitleReply(TypedDict):
    """An episode whose title has the words asked for."""

    episode_id: str
    show: str
    title: str
    published_at: str | None
    url: str


class SearchReply(TypedDict):
    """One page. When `capped`, `hits` and `episodes` are the least there are.

    `perhaps`, where it was asked for, holds at most ten moments, the likeliest first, of which none
    is among the results of any page, nor counted in `hits`. `titles`, where they were asked for,
    are episodes with the words in their titles.
    """

    query: str
    matched: str
    suggestion: str | None
    hits: int
    episodes: int
    capped: bool
    next: str | None
    results: list[EpisodeHitsReply]
    perhaps: NotRequired[list[PerhapsReply]]
    titles: NotRequired[list[TitleReply]]


def episode_reply(group: EpisodeMoments, *, page_url: str, more: str | None) -> EpisodeHitsReply:
    """Put an episode's moments into JSON; `page_url` is where an episode without a link is."""
    base = page_address(group, page_url)
    published = group.published_s
    reply = EpisodeHitsReply(
        episode_id=group.episode_id,
        show=group.show,
        title=group.title,
        published_at=None
        if published is None
        else datetime.fromtimestamp(published, UTC).isoformat().replace("+00:00", "Z"),
        url=at_moment(base, group.moments[0].start_s if group.moments else 0.0),
        duration_s=group.duration_s,
        hits=group.hits,
        starts=[*group.starts_s],
        moments=[_moment_reply(moment, base) for moment in group.moments],
    )
    if more is not None:
        reply["next"] = more
    return reply


def page_address(group: EpisodeMoments, page_url: str) -> str:
    """Return the episode's own page, without a fragment; only web links are followed."""
    link = group.link or ""
    if not link.lower().startswith(("http://", "https://")):
        link = page_url
    return link.split("#", 1)[0]


def at_moment(address: str, start_s: float) -> str:
    """Return the address of a moment on a page (Media Fragments URI 1.0, section 4.2.1)."""
    return f"{address}#t={start_s:.3f}".rstrip("0").rstrip(".")


def title_reply(group: EpisodeMoments, *, page_url: str) -> TitleReply:
    """Put an episode that is found by its title into JSON."""
    whole = episode_reply(group, page_url=page_url, more=None)
    return TitleReply(
        episode_id=whole["episode_id"],
        show=whole["show"],
        title=whole["title"],
        published_at=whole["published_at"],
        url=page_address(group, page_url),
    )


def perhaps_reply(group: EpisodeMoments, some: Sequence[Perhaps], *, page_url: str) -> PerhapsReply:
    """Put an episode's moments in which the query was perhaps said into JSON."""
    whole = episode_reply(group, page_url=page_url, more=None)
    return PerhapsReply(
        episode_id=whole["episode_id"],
        show=whole["show"],
        title=whole["title"],
        published_at=whole["published_at"],
        url=whole["url"],
        duration_s=whole["duration_s"],
        hits=whole["hits"],
        starts=whole["starts"],
        moments=[
            PerhapsMomentReply(**moment, likelihood=round(one.likelihood, 2), matched=one.matched)
            for moment, one in zip(whole["moments"], some, strict=True)
        ],
    )


def _moment_reply(moment: Moment, base: str) -> MomentReply:
    return {
        "start": moment.start_s,
        "end": moment.end_s,
        "speaker": moment.speaker,
        "first_word": moment.first_word,
        "n_words": moment.n_words,
        "url": at_moment(base, moment.start_s),
        "snippet": moment.snippet,
    }
