"""An episode as a page: player, captions, the whole transcript, files, and schema.org data."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from everyword_events import EpisodeInfo
from everyword_transcripts import Segment, Transcript, is_unspaced
from search.pages.site import Site, page, search_form
from search.pages.text import attribute, clean, clock, day, direction, is_web, shortened, shown

TURN_WORDS = 80
TURN_PAUSE_S = 2.5
EARLY_S = 0.3
"""The audio starts a breath before the word, as in the widget."""
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
    site: Site | None = None,
) -> str:
    """Render an episode's page.

    `at_s` is the moment that a reader without scripts asked for (`?t=`): the audio starts there
    and the word is marked.
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
        header=search_form(site),
        main=f"""<article>
<p class="over"><bdi>{shown(info.show)}</bdi></p>
<h1><bdi>{shown(info.title)}</bdi></h1>
<p class="meta">{_meta(transcript, info)}</p>
<everyword-transcript src="{address}" episode="{attribute(episode_id)}" player="#player">
<div lang="{language}" dir="{direction(transcript.language)}">
{text}
</div>
</everyword-transcript>
<h2>Captions and transcript as files</h2>
<ul class="files">{files}</ul>
</article>
<div class="dock" role="group" aria-label="Player">
<p class="caption" lang="{language}" dir="auto" aria-hidden="true"></p>
<audio id="player" controls preload="metadata" src="{attribute(media)}{start}">
<track kind="captions" srclang="{language}" label="Captions" src="{address}.vtt" default>
</audio>
</div>""",
    )


def _meta(transcript: Transcript, info: EpisodeInfo) -> str:
    names = (f"<bdi>{shown(who.name)}</bdi>" for who in transcript.speakers if who.name)
    parts = [day(info.published_at), clock(transcript.duration_s), ", ".join(names)]
    if is_web(info.link):
        parts.append(f'<a href="{attribute(info.link)}" rel="noopener">Episode page</a>')
    return " · ".join(part for part in parts if part)


def _turns(transcript: Transcript, at_s: float | None) -> Iterator[str]:
    """Write the segments as turns, the word at `at_s` marked."""
    before: str | None = None
    is_marked = at_s is None
    for number, turn in enumerate(_grouped(transcript.segments)):
        speaker = turn[0].speaker
        name = transcript.speaker_name(speaker) if number == 0 or speaker != before else None
        before = speaker
        words = [shown(word.word) for segment in turn for word in segment.words]
        if not is_marked and at_s is not None and turn[-1].end > at_s:
            ends = (word.end for word in chain.from_iterable(segment.words for segment in turn))
            here = next((i for i, end in enumerate(ends) if end > at_s), len(words) - 1)
            words[here] = f'<mark id="t={at_s:g}">{words[here]}</mark>'
            is_marked = True
        text = ("" if is_unspaced(transcript.language) else " ").join(words)
        who = f'<span class="who"><bdi>{shown(name)}</bdi></span> ' if name else ""
        at = f"{turn[0].start:g}"
        yield (
            f'<p class="turn" dir="auto"><a href="?t={at}#t={at}">'
            f"<time>{clock(turn[0].start)}</time></a> {who}{text}</p>"
        )


def _grouped(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Cut the segments into turns: one speaker, no long pause, short enough to read."""
    turn: list[Segment] = []
    count = 0
    for segment in segments:
        if turn and (
            segment.speaker != turn[-1].speaker
            or segment.start - turn[-1].end > TURN_PAUSE_S
            or count + len(segment.words) > TURN_WORDS
        ):
            yield turn
            turn, count = [], 0
        turn.append(segment)
        count += len(segment.words)
    if turn:
        yield turn


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
    duration = f"PT{transcript.duration_s:.0f}S"
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "PodcastEpisode",
        "name": info.title,
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
    if info.show:
        data["partOfSeries"] = {"@type": "PodcastSeries", "name": info.show}
    return data
