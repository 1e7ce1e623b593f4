"""Reading an episode's page: the words a recogniser was unsure of, and who speaks when."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from browser.canned_archive import Archive, Episode, spoken

from everyword_transcripts import Segment, Word

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
Axe = Callable[[Any], list[str]]
PAINTED = (
    """() => [...(CSS.highlights.get('everyword-doubt') ?? [])].map((each) => each.toString())"""
)


def scored(episode: Episode, scores: dict[str, float | None]) -> Episode:
    """The episode with these words' scores; `*` is every other word's."""
    segments = tuple(
        Segment.of(
            [
                Word(
                    word.word,
                    word.start,
                    word.end,
                    scores.get(word.word, scores["*"]),
                    word.speaker,
                )
                for word in each.words
            ],
            speaker=each.speaker,
            language="en",
        )
        for each in episode.transcript.segments
    )
    return replace(episode, transcript=replace(episode.transcript, segments=segments))


def replace_speaker(segment: Segment, speaker: str) -> Segment:
    words = [word.with_speaker(speaker) for word in segment.words]
    return Segment.of(words, speaker=speaker, language="en")


def test_doubtful_words_are_marked_on_demand(archive: Archive, open_page: Open, axe: Axe) -> None:
    plain = spoken("doubted", "Doubted", ("Ann", "we saw the fogbell near Oslo that night"))
    archive.episodes["doubted"] = scored(
        plain, {"fogbell": 0.31, "Oslo": 0.499, "night": 0.5, "*": 0.9}
    )
    page = open_page(f"{archive.url}/episodes/doubted")
    toggle = page.get_by_role("button", name="Mark doubtful words")
    toggle.wait_for()
    assert page.evaluate(PAINTED) == []
    toggle.press("Enter")
    assert toggle.get_attribute("aria-pressed") == "true"
    assert page.evaluate(PAINTED) == ["fogbell", "Oslo"]
    assert axe(page) == []

    page.reload()
    page.wait_for_function(f"() => ({PAINTED})().length === 2")
    text = page.get_by_role("group", name="Transcript")
    text.focus()
    for _ in range(4):
        text.press("ArrowRight")
    said = page.locator("[role=status]", has_text="fogbell")
    assert said.inner_text() == "fogbell, 0:01. The recogniser was 31% sure of this word"
    box = page.evaluate(
        """() => {
          const { x, y, width, height } =
            [...CSS.highlights.get('everyword-doubt')][0].getBoundingClientRect();
          return [x + width / 2, y + height / 2];
        }"""
    )
    page.mouse.move(*box)
    assert text.get_attribute("title") == "The recogniser was 31% sure of this word"
    page.mouse.move(5, 5)
    toggle.click()
    assert page.evaluate(PAINTED) == []


def test_words_without_scores_have_nothing_to_mark(archive: Archive, open_page: Open) -> None:
    plain = spoken("imported", "Imported", ("Ann", "only these words"))
    archive.episodes["imported"] = scored(plain, {"*": None})
    page = open_page(f"{archive.url}/episodes/imported")
    page.locator("[part=paragraph]", has_text="only these words").wait_for()
    assert page.get_by_role("button", name="Mark doubtful words").count() == 0


def test_a_strip_shows_who_speaks_when_and_leads_there(
    archive: Archive, open_page: Open, axe: Axe
) -> None:
    page = open_page(f"{archive.url}/episodes/interview")
    turn = page.get_by_role("slider", name="Turn")
    turn.wait_for()
    legend = page.locator(".voices bdi").all_inner_texts()
    assert legend == ["Thomas", "Helen"], "who says most comes first"
    assert page.locator(".turns path").count() == 2
    assert axe(page) == []

    starts = [each.start for each in archive.episodes["interview"].transcript.segments]
    player = "document.querySelector('#player')"
    page.wait_for_function(f"() => {player}.readyState >= 1")
    turn.press("Home")
    assert turn.get_attribute("aria-valuetext") == "0:00 Helen"
    turn.press("ArrowRight")
    assert turn.get_attribute("aria-valuetext") == "0:10 Thomas"
    assert min(abs(page.evaluate(f"{player}.currentTime") - each) for each in starts) < 0.1
    turn.press("End")
    last = int(turn.get_attribute("aria-valuenow"))
    turn.press("ArrowRight")
    assert int(turn.get_attribute("aria-valuenow")) == last > 60
    turn.press("Home")
    turn.press("ArrowRight")
    turn.press("Enter")
    page.wait_for_function("() => CSS.highlights.get('everyword-cursor')?.size === 1")
    page.wait_for_function(f"() => !{player}.paused", timeout=60_000)
    page.evaluate(f"{player}.pause()")

    box = turn.bounding_box()
    turn.click(position={"x": box["width"] / 2, "y": 5})
    page.wait_for_function("() => location.hash.startsWith('#t=4')")
    page.wait_for_function(f"() => {player}.currentTime > 40", timeout=60_000)


def test_many_speakers_share_the_last_row(archive: Archive, open_page: Open) -> None:
    lines = [(f"Voice {number:02}", "a b c d e"[: 9 - number % 3]) for number in range(11)]
    episode = spoken("panel", "Panel", *lines)
    panel = [
        replace_speaker(each, f"Voice {n:02}") for n, each in enumerate(episode.transcript.segments)
    ]
    transcript = replace(episode.transcript, segments=tuple(panel), speakers=())
    archive.episodes["panel"] = replace(episode, transcript=transcript)
    page = open_page(f"{archive.url}/episodes/panel", width=320)
    page.locator(".voices li", has_text="4 others").wait_for()
    assert page.locator(".voices li").count() == page.locator(".turns path").count() == 8


def test_one_speaker_needs_no_strip(archive: Archive, open_page: Open) -> None:
    archive.episodes["alone"] = spoken("alone", "Alone", ("Ann", "nobody else speaks here"))
    page = open_page(f"{archive.url}/episodes/alone")
    page.locator("[part=paragraph]", has_text="nobody else").wait_for()
    assert page.get_by_role("slider").count() == 0
