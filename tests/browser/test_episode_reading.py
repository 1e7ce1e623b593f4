"""Reading an episode's page: the words a recogniser was unsure of."""

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
