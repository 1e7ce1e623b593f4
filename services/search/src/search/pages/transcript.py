"""An episode as a page: player, captions, the whole transcript, files, and schema.org data."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from everyword_events import EpisodeInfo
from everyword_transcripts import Segment, Transcript, Word, is_unspaced
from search.pages.site import Site, page, search_form
from search.pages.text import attribute, clean, clock, day, direction, is_web, shortened, shown

TURN_WORDS = 80
TURN_PAUSE_S = 2.5
ROUNDING_S = 0.02
"""A link may carry a rounded time, just inside the word before."""
EARLY_S = 0.3
"""The audio starts a breath before the word, as in the widget."""
_SENTENCE_END = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001 - Japanese's
_FILES = {
    "vtt": "WebVTT",
    "srt": "SubRip",
    "json": "JSON with word times",
    "podcast.json": "Podcasting 2.0",
    "md": "Markdown",
    "txt": "Plain text",
}


def render_transcript(
    transcript: Transcript,
    info: EpisodeInfo,
    *,
    episode_id: str,
    at_s: float | None = None,
    has_audio: bool = True,
    notes: Sequence[str] = (),
    extra_scripts: Sequence[str] = (),
    site: Site | None = None,
) -> str:
    """Render an episode's page.

    Args:
        transcript: what was said.
        info: what the episode is.
        episode_id: whose page it is.
        at_s: the moment that a reader without scripts asked for (`?t=`): the audio starts there and
            the word is marked.
        has_audio: False leaves the player out: there is only text.
        notes: how far to trust the transcript; the first stands under the title, all on demand.
        extra_scripts: addresses of modules that add to the page.
        site: where things are; at the root of this origin unless said.
    """
    site = site or Site()
    address = attribute(site.path("v1", "episodes", episode_id, "transcript"))
    media = site.path("media", episode_id)
    language = attribute(transcript.language)
    start = "" if at_s is None else f"#t={max(0.0, at_s - EARLY_S):g}"
    text = "\n".join(_turns(transcript, at_s)) or "<p>Nothing was said in this recording.</p>"
    files = "".join(
        f'<li><a href="{address}.{suffix}" download>{name}</a></li>'
        for suffix, name in _FILES.items()
    )
    return page(
        site,
        title=" · ".join(part for part in (info.title, info.show, site.name) if part),
        head=_head(transcript, info, episode_id, site),
        scripts=("everyword-transcript.js", "pages.js"),
        extra_scripts=extra_scripts,
        header=search_form(site),
        main=f"""<article>
<p class="over"><bdi>{shown(info.show)}</bdi></p>
<h1><bdi>{shown(info.title)}</bdi></h1>
<p class="meta">{_meta(transcript, info)}</p>
{_notes(notes)}
<everyword-transcript src="{address}" episode="{attribute(episode_id)}" player="#player">
<div lang="{language}" dir="{direction(transcript.language)}">
{text}
</div>
</everyword-transcript>
<h2>Captions and transcript as files</h2>
<ul class="files">{files}</ul>
</article>
{_player(media + start, language, address) if has_audio else ""}""",
    )


def _player(media: str, language: str, address: str) -> str:
    return f"""<div class="dock" role="group" aria-label="Player">
<p class="caption" lang="{language}" dir="auto" aria-hidden="true"></p>
<audio id="player" controls preload="metadata" src="{attribute(media)}">
<track kind="captions" srclang="{language}" label="Captions" src="{address}.vtt" default>
</audio>
</div>"""


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    first, *others = (shown(note) for note in notes)
    if not others:
        return f'<p class="meta trust">{first}</p>'
    rest = "".join(f"<li>{note}</li>" for note in others)
    count = f"{len(others)} thing{'s' * (len(others) != 1)} to know"
    return (
        f'<details class="meta trust"><summary>{first} {count}.</summary><ul>{rest}</ul></details>'
    )


def _meta(transcript: Transcript, info: EpisodeInfo) -> str:
    names = ", ".join(f"<bdi>{shown(who.name)}</bdi>" for who in transcript.speakers if who.name)
    when = " · ".join(
        part for part in (day(info.published_at), clock(transcript.duration_s)) if part
    )
    link = f' · <a href="{attribute(info.link)}" rel="noopener">Episode page</a>'
    people = f'<span class="speakers">{names and f" · {names}"}</span>'
    return f"{when}{people}{link if is_web(info.link) else ''}"


class _Turn(NamedTuple):
    speaker: str | None
    words: list[Word]


def _turns(transcript: Transcript, at_s: float | None) -> Iterator[str]:
    """Write the transcript turn by turn, the word at `at_s` marked."""
    between = "" if is_unspaced(transcript.language) else " "
    before = _Turn(None, [])
    is_marked = at_s is None
    for turn in _cut(transcript.segments):
        name = transcript.speaker_name(turn.speaker) if turn.speaker != before.speaker else None
        before = turn
        words = [shown(word.word) for word in turn.words]
        if not is_marked and at_s is not None and turn.words[-1].end > at_s + ROUNDING_S:
            here = next(i for i, word in enumerate(turn.words) if word.end > at_s + ROUNDING_S)
            words[here] = f'<mark id="t={at_s:g}">{words[here]}</mark>'
            is_marked = True
        start = turn.words[0].start
        who = f'<span class="who"><bdi>{shown(name)}</bdi></span> ' if name else ""
        yield (
            f'<p class="turn" dir="auto"><a href="?t={start:g}#t={start:g}">'
            f"<time>{clock(start)}</time></a> {who}{between.join(words)}</p>"
        )


def _cut(segments: Sequence[Segment]) -> Iterator[_Turn]:
    """Cut the words into turns: one speaker, no long pause, short enough to read."""
    turn: _Turn | None = None
    for segment in segments:
        for number, word in enumerate(segment.words):
            if turn is not None and (
                segment.speaker != turn.speaker
                or word.start - turn.words[-1].end > TURN_PAUSE_S
                or len(turn.words) >= _most_words(turn, is_segment_start=number == 0)
            ):
                yield turn
                turn = None
            if turn is None:
                turn = _Turn(segment.speaker, [])
            turn.words.append(word)
    if turn is not None:
        yield turn


def _most_words(turn: _Turn, *, is_segment_start: bool) -> int:
    """Return how long a turn may be: it ends with a sentence where there is one to end with."""
    may_end = is_segment_start or turn.words[-1].word.endswith(_SENTENCE_END)
    return TURN_WORDS if may_end else 2 * TURN_WORDS


def _head(transcript: Transcript, info: EpisodeInfo, episode_id: str, site: Site) -> str:
    text = clean(" ".join(segment.text for segment in transcript.segments))
    description = attribute(shortened(text) or f"Transcript of {info.title}")
    # Nothing but "<" could end a script element, and JSON may write it as an escape.
    data = json.dumps(_schema(transcript, info, text, episode_id, site), ensure_ascii=False)
    address = f"{site.origin}{site.path('episodes', episode_id)}"
    return "\n".join(
        (
            f'<meta name="description" content="{description}">',
            '<meta property="og:type" content="article">',
            f'<meta property="og:title" content="{attribute(info.title)}">',
            f'<meta property="og:description" content="{description}">',
            f'<link rel="canonical" href="{attribute(address)}">' if site.origin else "",
            '<script type="application/ld+json">' + data.replace("<", "\\u003c") + "</script>",
        )
    )


def _schema(
    transcript: Transcript, info: EpisodeInfo, text: str, episode_id: str, site: Site
) -> dict[str, Any]:
    """Describe the episode as schema.org's PodcastEpisode."""
    title, show = clean(info.title), clean(info.show)
    duration = f"PT{transcript.duration_s:.0f}S"
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "PodcastEpisode",
        "name": title,
        "description": shortened(text),
        "inLanguage": transcript.language,
        "duration": duration,
        "url": info.link if is_web(info.link) else site.origin + site.path("episodes", episode_id),
        "associatedMedia": {
            "@type": "AudioObject",
            "contentUrl": site.origin + site.path("media", episode_id),
            "duration": duration,
            "transcript": text,
        },
    }
    if info.published_at is not None:
        data["datePublished"] = info.published_at.date().isoformat()
    if show:
        data["partOfSeries"] = {"@type": "PodcastSeries", "name": show}
    return data
