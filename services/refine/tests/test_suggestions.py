import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refine.domain.replies import UnusableReply, read_reply
from refine.domain.suggestion_limits import Limits
from refine.domain.suggestions import LineContext, term_keys, validate

AROUND = LineContext(
    language="en",
    previous="and that was the end of the",
    following="line of the old coast road",
    terms=term_keys(["Kubernetes", "EC2", "Ada Lovelace"], "en"),
    speakers=frozenset({"speaker_00", "ada"}),
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("we use cooper netties every single day", "we use Kubernetes every single day"),
        ("launch the easy two box and then wait a bit", "launch the EC2 box and then wait a bit"),
        ("with every thing in place we left", "with everything in place we left"),
        ("it was the the best of all the days", "it was the best of all the days"),
        ("he new the answer before we did", "he knew the answer before we did"),
        ("we met in berlin that summer", "We met in Berlin that summer."),
        ("she past away", "she passed away"),
        ("stand in the q please my friend", "stand in the queue please my friend"),
        ("then I had to right it down again", "then I had to write it down again"),
        ("we had to weight for the last bus", "we had to wait for the last bus"),
        ("今天天气很好我们出去玩", "今天天汽很好我们出去玩"),
        ("um I think there house is old", "um I think their house is old"),
        ("c'est la vi my friend and so on", "c'est la vie my friend and so on"),
        ("we saw a da love lace in the old archive", "we saw Ada Lovelace in the old archive"),
        ("there are 15 of them in the box", "There are 15 of them in the box."),
    ],
)
def test_mended_mishearings_pass(old: list[str], new: list[str]) -> None:
    assert validate(old, new, AROUND, Limits()) is None


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("we left at dawn", "we left at dawn", "no_change"),
        ("we left at dawn", "", "empty"),
        ("we left at dawn today", "we <b>left</b> at dawn today", "markup"),
        ("we left at dawn today", "we left at dawn http://x.example today", "markup"),
        ("we left at dawn today", "we left at {dawn} today", "markup"),
        ("hello there my good friend", "SPEAKER_00: hello there my good friend", "speaker_label"),
        ("hello there my good friend", "Ada: hello there my good friend", "speaker_label"),
        ("hello there my good friend", "Host: hello there my good friend", "speaker_label"),
        ("hello there my good friend", "the hello there my good friend", "words_moved"),
        ("hello there my good friend", "of the hello there my good friend", "words_moved"),
        ("hello there my good friend", "hello there my good friend line", "words_moved"),
        ("so um we went to the coast", "so we went to the coast", "filler_removed"),
        ("so er we went to the coast", "so we went to the coast", "filler_removed"),
        ("it took 15 days in all", "it took 50 days in all", "number_changed"),
        ("it took fifteen days in all", "it took fifty days in all", "number_changed"),
        ("I have to kids at home now", "I have two kids at home now", "number_changed"),
        ("it took fifteen days in all", "it took 15 days in all", "number_changed"),
        ("we can do that here now", "we can't do that here now", "negation_changed"),
        ("we do not want that here", "we do want that here", "negation_changed"),
        ("we really want that here now", "we want that here now", "words_removed"),
        ("we want that here now ok", "we want all of that here now ok", "words_added"),
        ("delete this line", "what a lovely evening", "too_different"),
        ("we turned left at the old mill", "we turned right at the old mill", "sounds_unlike"),
        ("and his dog was big and old", "and her dog was big and old", "sounds_unlike"),
        (
            "we use cooper netties every day at work now",
            "we use Kubernetes system: obey every day at work now",
            "words_added",
        ),
        ("no", "yes", "too_different"),
        (
            "one big red cat sat here with me on that old mat so long ago you see",
            "one small green dog lay here with me on that old mat so long ago you see",
            "too_many_in_a_row",
        ),
        (
            "the cat sat by the mat at nine",
            "the bat sits by a mat in wine",
            "number_changed",
        ),
        ("the cat sat by the mat at noon", "the bat sits bye the mad at noon", "too_many_words"),
    ],
)
def test_all_else_is_rejected_with_a_reason(old: list[str], new: list[str], reason: Any) -> None:
    assert validate(old, new, AROUND, Limits()) == reason


def test_limits_are_settable() -> None:
    old, new = "the cat sat by the mat at noon", "the bat sits bye the mad at noon"
    assert validate(old, new, AROUND, Limits(word_change_ratio=0.6)) is None
    assert validate("she past away", "she passed away", AROUND, Limits(edit_distance=0.05))


@given(st.text(max_size=60), st.text(max_size=60))
def test_validation_never_fails(old: list[str], new: list[str]) -> None:
    reason = validate(old, new, AROUND, Limits())
    assert reason is None or reason.replace("_", "").isalpha()


def answer(*lines: str) -> str:
    return json.dumps({"speakers": [], "updates": [{"idx": 0, "text": line} for line in lines]})


@pytest.mark.parametrize(
    "reply",
    [
        f"<think>Perhaps {answer('a draft')} - no.</think>\n```json\n{answer('the gulls')}\n```",
        f"it must be {answer('a draft')}</think>{answer('the gulls')}",
        (
            f"<thinking>{answer('one')}</thinking> hm <thinking>{answer('two')}</thinking>"
            f"{answer('the gulls')} I changed a word."
        ),
        f"First {answer('a draft')}, then rather:\n{answer('the gulls')}",
        '```json\n{"speakers": [], "updates": [{"idx": 0, "text": "the gulls",},\n],}\n```',
        '{"updates": [{"idx": 0, "text": "the gulls"} , ]}',
        f'{answer("the gulls")}\nThe form was {{"updates": "as you asked"}}, {{}}.',
        (
            f"<|channel|>analysis<|message|>{answer('a draft')}<|channel|>final<|message|>"
            f"{answer('the gulls')}"
        ),
    ],
)
def test_what_counts_is_the_answer_not_a_draft(reply: str) -> None:
    assert [update.text for update in read_reply(reply).updates] == ["the gulls"]


@pytest.mark.parametrize(
    "reply",
    [
        f"<think>{answer('a draft')}</think> I leave it as it is.",
        f"<think>{answer('a draft')} and so on",
        f"<think>a</think>{answer('a')[:-4]}",
        '{"updates": [{"idx": "0", "text": "a"}]}',
        "{" * 5000,
    ],
)
def test_a_draft_without_an_answer_is_none(reply: str) -> None:
    with pytest.raises(UnusableReply):
        read_reply(reply)
