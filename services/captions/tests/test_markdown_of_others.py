"""Markdown that other programs and people write transcripts in."""

from pathlib import Path

import pytest

from captions.reading import format_of_file, read_file

Heard = list[tuple[float | None, str | None, str]]
GULLS, STAY = "Gulls nest here.", "They stay."
TIMED: Heard = [(62.0, "Anna", GULLS), (69.0, "Bo", STAY)]
NAMED: Heard = [(None, "Anna", GULLS), (None, "Bo", STAY), (None, "Anna", "True.")]


def heard(text: str, *, timed: bool = True) -> Heard:
    raw = text.encode()
    found = read_file(raw, format_of_file(Path("talk.md"), raw)).transcript
    names = {one.label: one.name or one.label for one in found.speakers}
    return [
        (one.start if timed else None, names.get(one.speaker or ""), one.text)
        for one in found.segments
    ]


@pytest.mark.parametrize(
    "written",
    [
        "**{who}** [{at}]\n\n{text}",
        "**{who}** ({at}): {text}",
        "**{who} ({at})**  \n{text}",
        "**{at} {who}**\n\n{text}",
        "### {who} [{at}]\n\n{text}",
        "## [{at}] {who}\n\n{text}",
        "### {who}\n*{at}*\n\n{text}",
        "[{who} {at}](https://example.test/talk?t=62)\n\n{text}",
        "`{at}` **{who}** {text}",
        "- {at} {who}: {text}",
        "> **{who}:** {at}\n>\n> {text}",
    ],
)
def test_names_and_times_are_read_in_any_of_its_signs(written: str) -> None:
    lines = [("Anna", "00:01:02", GULLS), ("Bo", "00:01:09", STAY)]
    text = "\n\n".join(written.format(who=who, at=at, text=said) for who, at, said in lines)
    assert heard(f"# The talk\n\n{text}\n") == TIMED


@pytest.mark.parametrize(
    "written",
    ["**{who}:** {text}", "**{who}**: {text}", "*{who}*: {text}", "{who}: {text}",
     "**{who}** {text}", "## {who}\n\n{text}", "**{who}**\n\n{text}",
     "{who}\n---\n\n{text}", "- **{who}**: {text}"],
)  # fmt: skip
def test_names_without_times_are_speakers(written: str) -> None:
    text = "\n\n".join(written.format(who=who, text=said) for _, who, said in NAMED)
    assert heard(f"# The talk\n\n{text}\n", timed=False) == NAMED


def test_a_diarizer_s_headings_are_speakers_and_a_talk_s_parts_are_not() -> None:
    assert [who for _, who, _ in heard(f"## Speaker 1\n\n{GULLS}\n\n## Speaker 2\n\n{STAY}\n")] == [
        *("Speaker 1", "Speaker 2")
    ]
    parts = f"## Introduction\n\n{GULLS}\n\n## Nesting [00:01:09]\n\n{STAY}\n\n## The end\n\nBye.\n"
    assert [(who, text) for _, who, text in heard(parts)] == [
        *((None, GULLS), (None, STAY), (None, "Bye."))
    ]
    spoken = f"**Anna:** {GULLS}\n\n## Nesting\n\n**Bo:** {STAY}\n\n**Anna:** True.\n"
    assert heard(spoken, timed=False) == NAMED


def test_a_table_is_read_by_its_head() -> None:
    head = "| Time | Speaker | Text |\n|---|:--|---|\n"
    rows = f"| 00:01:02 | **Anna** | {GULLS} |\n| 00:01:09 | Bo | They \\| stay. |\n"
    assert heard(f"# The talk\n\n{head}{rows}") == [TIMED[0], (69.0, "Bo", "They | stay.")]


def test_prose_keeps_its_words_and_loses_its_signs() -> None:
    text = (
        "---\ntitle: Talk\n---\n\n**Wow, what a day.**\n\nSome *prose* about __things__, "
        "`code` and [a link](https://example.test/a_(b)).\n\n> Said by others\n\n"
        "5 * 3 * 2 and snake_case.\n"
    )
    assert [one for _, _, one in heard(text)] == [
        *("Wow, what a day.", "Some prose about things, code and a link."),
        *("Said by others", "5 * 3 * 2 and snake_case."),
    ]
