"""Pages without scripts: what they say, and that nothing said or typed becomes markup."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import EpisodeInfo
from everyword_transcripts import Segment, Speaker, Transcript, Word
from search.domain.reply import SearchReply
from search.pages import Site, render_message, render_results, render_transcript
from search.pages.text import attribute, shown

PUBLISHED = datetime(2024, 5, 3, 6, tzinfo=UTC)
VOID = {"meta", "link", "input", "track", "img", "br"}
NASTY = st.one_of(
    st.text(min_size=1, max_size=30),
    st.sampled_from(
        ['<img src=x onerror="x">', "</script>", "<!--", "]]>", "&amp;", '"><b>', "'", "\u202e"]
    ),
)


class Page(HTMLParser):
    """Reads a page strictly: every element closed in order, every attribute quoted."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.text[tag] = self.text.get(tag, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def said(*lines: tuple[str, str], language: str = "en") -> Transcript:
    at = 0.0
    segments = []
    for speaker, line in lines:
        words = []
        for word in line.split():
            words.append(Word(word, at, at + 0.4))
            at += 0.5
        segments.append(Segment.of(words, speaker=speaker, language=language))
    speakers = tuple(Speaker(label, label) for label in dict.fromkeys(who for who, _ in lines))
    return Transcript(language, at, tuple(segments), speakers)


def info(title: str = "Title", show: str = "Show", link: str | None = None) -> EpisodeInfo:
    return EpisodeInfo(title=title, show=show, published_at=PUBLISHED, link=link, as_of=PUBLISHED)


def reply(**changes: Any) -> SearchReply:
    word: Any = {"text": "storm", "start": 1.5, "match": True}
    moment: Any = {
        "start": 1.5,
        "end": 1.9,
        "speaker": "Ada",
        "first_word": 3,
        "n_words": 1,
        "url": "/x",
        "snippet": [{"text": "the", "start": 1.2, "match": False}, word],
    }
    result: Any = {
        "episode_id": "e 1",
        "show": "Show",
        "title": "Title",
        "published_at": "2024-05-03T06:00:00Z",
        "url": "/x",
        "duration_s": 60.0,
        "hits": 1,
        "starts": [1.5],
        "moments": [moment],
    }
    whole: Any = {
        "query": "storm",
        "matched": "exact",
        "suggestion": None,
        "hits": 1,
        "episodes": 1,
        "capped": False,
        "next": None,
        "results": [result],
    }
    return {**whole, **changes}  # type: ignore[typeddict-item]


def schema(page: Page, html: str) -> Any:
    script = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert script is not None
    return json.loads(script[1])


def test_a_hit_is_counted_marked_and_linked() -> None:
    page = Page(render_results(reply(), query="storm"))
    assert "1 time in 1 episode" in page.text["p"]
    assert page.text["mark"] == "word" + "storm", "the brand, then the hit"
    assert "/episodes/e%201?t=1.5#t=1.5" in [a.get("href") for a in page.all("a")]
    assert "3 May 2024" in page.text["main"]
    box = page.all("input")[0]
    assert (box["name"], box["value"]) == ("q", "storm")


def test_totals_are_honest() -> None:
    html = render_results(reply(hits=1000, episodes=2, capped=True, matched="fuzzy"), query="x")
    assert "Not said exactly so. Spelled nearly so: 1,000+ times in 2 episodes" in html
    html = render_results(reply(hits=0, results=[], suggestion="stork"), query="storc")
    assert "No one says “storm” here." in html
    assert 'Did you mean <a href="/search?q=stork">stork</a>?' in html
    assert 'href="/search?q=a+%26+b&amp;cursor=c%3D"' in render_results(
        reply(next="c="), query="a & b"
    )


def test_what_narrows_the_search_stays_in_its_links() -> None:
    narrowed = {"show": "One & two", "from": "2024-02", "exact": "", "speaker": ""}
    page = Page(render_results(reply(next="c="), query="storm", narrowed=narrowed))
    links = [a.get("href") for a in page.all("a")]
    assert "/search?q=storm&show=One+%26+two&from=2024-02&cursor=c%3D" in links
    assert "/search?q=storm" in links, "without filters"


def test_a_corrected_query_can_be_searched_literally() -> None:
    found = reply(matched="fuzzy", suggestion="storm")
    page = Page(render_results(found, query="strom", narrowed={"show": "One"}))
    assert "Showing results for “storm”: 1 time in 1 episode" in page.text["p"]
    assert "Search only for “strom”" in page.text["a"]
    assert "/search?q=strom&show=One&exact=true" in [a.get("href") for a in page.all("a")]
    page = Page(render_results(reply(matched="folded"), query="strom"))
    assert "Search only for" not in page.text["a"]
    nothing = reply(hits=0, episodes=0, results=[], query="strom")
    page = Page(render_results(nothing, query="strom", narrowed={"exact": "true"}))
    assert "Search for similar words" in page.text["a"]
    assert "/search?q=strom" in [a.get("href") for a in page.all("a")]


def test_a_refused_query_says_why_and_keeps_the_words() -> None:
    page = Page(render_results(None, query='"open', problem="a quotation mark is not closed"))
    assert "a quotation mark is not closed" in page.text["p"]
    assert page.all("input")[0]["value"] == '"open'


def test_a_transcript_describes_itself() -> None:
    transcript = said(("Ada", "hello </script> storm"), ("Bo", "& rain"))
    html = render_transcript(
        transcript, info(), episode_id="e1", site=Site(origin="https://example.org")
    )
    page = Page(html)
    data = schema(page, html)
    assert data["@type"] == "PodcastEpisode"
    assert data["name"] == "Title"
    assert data["partOfSeries"] == {"@type": "PodcastSeries", "name": "Show"}
    assert data["datePublished"] == "2024-05-03"
    assert data["duration"] == "PT2S"
    assert data["url"] == "https://example.org/episodes/e1"
    assert data["associatedMedia"]["transcript"] == "hello </script> storm & rain"
    assert page.all("link")[0]["href"] == "https://example.org/episodes/e1"
    assert page.text["title"] == "Title · Show · Everyword"
    element = page.all("everyword-transcript")[0]
    assert element["src"] == "/v1/episodes/e1/transcript"
    assert page.all("track")[0]["src"] == "/v1/episodes/e1/transcript.vtt"
    assert "Ada, Bo" in page.text["p"]


@pytest.mark.parametrize(
    ("at_s", "word"), [(0.0, "one"), (0.39, "two"), (0.45, "two"), (1.2, "three"), (99.0, None)]
)
def test_the_word_asked_for_is_marked(at_s: float, word: str | None) -> None:
    page = Page(
        render_transcript(said(("Ada", "one two three")), info(), episode_id="e", at_s=at_s)
    )
    marks = [attributes for attributes in page.all("mark") if "id" in attributes]
    assert page.text["mark"] == "word" + (word or ""), "the brand, then the word"
    assert [mark["id"] for mark in marks] == ([f"t={at_s:g}"] if word else [])


def test_turns_are_short_and_end_with_sentences() -> None:
    speech = " ".join(f"w{n}." if n % 30 == 29 else f"w{n}" for n in range(200))
    page = Page(render_transcript(said(("Ada", speech)), info(), episode_id="e"))
    html = render_transcript(said(("Ada", speech)), info(), episode_id="e")
    turns = re.findall(r'<p class="turn".*?</p>', html)
    assert [len(re.findall(r"w\d+", turn)) for turn in turns] == [90, 90, 20]
    assert page.text["p"].count("Ada") == 2, "in the meta line and where the turn begins"
    endless = " ".join(f"w{n}" for n in range(500))
    html = render_transcript(said(("Ada", endless)), info(), episode_id="e")
    assert len(re.findall(r'<p class="turn"', html)) == 4


def test_silence_and_other_scripts() -> None:
    html = render_transcript(Transcript("en", 9.0), info(), episode_id="e")
    assert "Nothing was said in this recording." in html
    html = render_transcript(said(("דניאל", "שלום לכם"), language="he"), info(), episode_id="e")
    assert '<div lang="he" dir="rtl">' in html
    html = render_transcript(said(("花", "灯 台 だ"), language="ja"), info(), episode_id="e")
    assert "灯台だ" in html


def test_only_web_links_are_followed() -> None:
    html = render_transcript(said(), info(link="javascript:alert(1)"), episode_id="e")
    assert "javascript:" not in html
    html = render_transcript(said(), info(link="https://example.org/a?b&c"), episode_id="e")
    assert 'href="https://example.org/a?b&amp;c"' in html


def test_a_message_is_a_page() -> None:
    page = render_message("No such episode", "it is <gone>")
    assert "<p>it is &lt;gone&gt;</p>" in page
    assert '<a class="button" href="/">All episodes</a>' in page


@pytest.mark.parametrize("word", ["Donaudampfschiff" * 600, "a" * 81])
def test_a_word_does_not_fill_the_results(word: str) -> None:
    found = reply()
    found["results"][0]["moments"][0]["snippet"][1]["text"] = word
    page = render_results(found, query="q")
    assert f"{word[:79]}…" in page
    assert word[:81] not in page


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\u202e"])
def test_signs_that_nobody_speaks_are_left_out(sign: str) -> None:
    assert shown(f"a{sign}b") == attribute(f"a{sign}b") == "ab"


@given(title=NASTY, show=NASTY, speaker=NASTY, text=NASTY, query=NASTY)
def test_nothing_said_or_typed_becomes_markup(
    title: str, show: str, speaker: str, text: str, query: str
) -> None:
    transcript = said((speaker, text or "x"), ("Bo", "plain"))
    pages = [render_transcript(transcript, info(title, show), episode_id=query, at_s=0.0)]
    found = reply(query=query, suggestion=text)
    found["results"][0].update(title=title, show=show, episode_id=query)
    found["results"][0]["moments"][0].update(speaker=speaker)
    found["results"][0]["moments"][0]["snippet"][1]["text"] = text
    pages.append(render_results(found, query=query))
    plain = [
        render_transcript(
            said(("Ada", "x"), ("Bo", "plain")), info("T", "S"), episode_id="e", at_s=0.0
        ),
        render_results({**reply(suggestion="s"), "query": "q"}, query="q"),
    ]
    for nasty, tame in zip(pages, plain, strict=True):
        shape = [tag for tag, _ in Page(nasty).tags if tag not in {"mark", "p", "a", "time"}]
        assert [tag for tag in shape if tag not in {"bdi", "span"}] == [
            tag
            for tag, _ in Page(tame).tags
            if tag not in {"mark", "p", "a", "time", "bdi", "span"}
        ]
        assert "\u202e" not in nasty
        for _, attributes in Page(nasty).tags:
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
