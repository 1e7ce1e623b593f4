import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from everyword_events import Misconfigured
from everyword_transcripts import Segment, Transcript, Word
from refine.config import RefineSettings, Replacement
from refine.domain.rules import compile_rules
from refine.domain.substitution import apply_rules


def rule(from_: str, to: str, kind: str = "literal", *, case_sensitive: Any = False) -> Any:
    return Replacement(kind=kind, from_=from_, to=to, case_sensitive=case_sensitive)


def refined(transcript: Any, *rules: Any) -> Any:
    return apply_rules(transcript, compile_rules(rules, language=transcript.language))


def text_of(transcript: Any) -> Any:
    return " | ".join(segment.text for segment in transcript.segments)


@pytest.mark.parametrize(
    ("spoken", "rules", "expected"),
    [
        ("we use a w s daily", [rule("A W S", "AWS")], "we use AWS daily"),
        ("A W S, he said", [rule("A W S", "AWS")], "AWS, he said"),
        ("a w s", [rule("A W S", "AWS", case_sensitive=True)], "a w s"),
        ("category cat concat cat's", [rule("cat", "dog")], "category dog concat dog's"),
        ("C++ and c++11", [rule("C++", "Cpp")], "Cpp and Cpp11"),
        ("Äpfel äpfelchen", [rule("äpfel", "Birnen")], "Birnen äpfelchen"),
        ("नमस्ते नमस", [rule("नमस", "x")], "नमस्ते x"),
        ("one two three", [rule("one", "two"), rule("two two", "2")], "2 three"),
        ("every word", [rule("every word", "everyword")], "everyword"),
        ("everyword", [rule("everyword", "every word")], "every word"),
        ("so um, yes", [rule("um", "")], "so, yes"),
        ("Well. Um, yes", [rule("um", "")], "Well. yes"),
        ("Um, yes", [rule("um", "")], "yes"),
        ("fifty 50 per cent now", [rule(r"(\d+) per cent", r"\1%", "regex")], "fifty 50% now"),
        ("the the cat", [rule(r"\b(\w+) \1\b", r"\1", "regex")], "the cat"),
        ("say Foo", [rule(r"(?P<x>fo)o", r"\g<x>\g<x>", "regex")], "say FoFo"),
        ("say Foo", [rule("foo", "bar", "regex", case_sensitive=True)], "say Foo"),
        ("a foo", [rule(r"(?=foo)", "big ", "regex")], "a big foo"),
        ("well known fact", [rule(r"(?<=well) (?=known)", "-", "regex")], "well-known fact"),
        ("a b", [rule(r"(x)?b", r"[\1]", "regex")], "a []"),
        ("price is 5", [rule("is", r"\1 costs")], r"price \1 costs 5"),
    ],
)
def test_rules_apply_in_order_across_words(
    transcribe: Callable[..., Transcript], spoken: str, rules: Any, expected: str
) -> None:
    got, _ = refined(transcribe(spoken), *[r for group in [rules] for r in group])
    assert text_of(got) == expected
    assert [w.word for w in got.words()] == expected.split()


def test_word_times_follow_a_rule(transcribe: Callable[..., Transcript]) -> None:
    before = transcribe("we use a w s daily", "and nothing here")
    got, report = refined(before, rule("A W S", "AWS"))
    words = list(got.words())
    old = list(before.words())
    assert (words[2].start, words[2].end) == (old[2].start, old[4].end)
    assert words[3] is old[5]
    assert got.segments[1] is before.segments[1]
    assert report.applied == {"rule 1": 1}
    (change,) = report.changes
    assert (change.before, change.after, change.start, change.end) == (
        "a w s",
        "AWS",
        old[2].start,
        old[4].end,
    )


def test_a_rule_that_changes_nothing_is_not_counted(transcribe: Callable[..., Transcript]) -> None:
    got, report = refined(transcribe("AWS it is"), rule("aws", "AWS"))
    assert text_of(got) == "AWS it is"
    assert report.applied == {}


def test_a_segment_without_words_left_is_dropped(transcribe: Callable[..., Transcript]) -> None:
    got, report = refined(
        transcribe("thanks for watching", "real words"), rule("thanks for watching", "")
    )
    assert text_of(got) == "real words"
    assert report.applied == {"rule 1": 1}


def test_many_hits_in_one_segment(transcribe: Callable[..., Transcript]) -> None:
    got, report = refined(
        transcribe(" ".join(["a w s and"] * 500)),
        rule("a w s", "AWS"),
        rule(" and ", " & ", "regex"),
    )
    assert text_of(got) == " ".join(["AWS &"] * 499) + " AWS and"
    assert report.applied == {"rule 1": 500, "rule 2": 499}


def test_literal_rules_in_a_language_without_spaces(transcribe: Callable[..., Transcript]) -> None:
    got, _ = refined(transcribe("東 京 都 へ", language="ja"), rule("東京", "Tokyo"))
    assert text_of(got) == "Tokyo都へ"
    got, _ = refined(transcribe("A W S を 使う", language="ja"), rule("a w s", "AWS"))
    assert text_of(got) == "AWSを使う"


@pytest.mark.parametrize(
    ("kind", "from_", "to", "says"),
    [
        ("regex", "(unclosed", "x", "not valid"),
        ("regex", "a(b)", r"\2", "group"),
        ("regex", "a(?P<n>b)", r"\g<m>", "group"),
        ("regex", "[[a]]", "x", "not valid"),
        ("regex", "x*", "y", "matches the empty text"),
        ("regex", "", "y", "empty"),
        ("literal", "  ", "y", "empty"),
    ],
)
def test_a_bad_rule_is_refused_at_load_by_name(kind: str, from_: str, to: str, says: str) -> None:
    good = {"kind": "literal", "from": "a", "to": "b"}
    with pytest.raises(ValidationError, match=says) as caught:
        RefineSettings.model_validate(
            {"replacements": [good, {"kind": kind, "from": from_, "to": to}]}
        )
    assert caught.value.errors()[0]["loc"][:2] == ("replacements", 1)
    bad = Replacement.model_construct(kind=kind, from_=from_, to=to, case_sensitive=False)
    with pytest.raises(Misconfigured, match="rule 1"):
        compile_rules([bad], language="en")


def test_a_catastrophic_pattern_is_stopped_and_the_rest_goes_on(
    transcribe: Callable[..., Transcript],
) -> None:
    spoken = transcribe("a" * 60 + "b", "call a w s")
    rules = compile_rules([rule(r"(a|aa)+$", "x", "regex"), rule("a w s", "AWS")], language="en")
    got, report = apply_rules(spoken, rules, budget_s=0.5)
    assert report.stopped == ("rule 1",)
    assert got.segments[1].text == "call AWS"


def test_settings_refuse_wrong_keys() -> None:
    with pytest.raises(ValidationError, match="replacement"):
        RefineSettings.model_validate({"replacement": []})
    with pytest.raises(ValidationError, match="url"):
        RefineSettings.model_validate({"model": {"provider": "openai", "model": "x"}})
    assert RefineSettings.model_validate(
        {"glossary": ["Mammino", {"term": "kubectl", "heard": ["cube cuttle"]}]}
    ).glossary[1].heard == ("cube cuttle",)


def test_editors_learn_both_forms_of_a_glossary_entry() -> None:
    items = RefineSettings.model_json_schema()["properties"]["glossary"]["items"]
    assert {"type": "string"} in items["anyOf"]


PATTERNS = st.sampled_from(
    [r"a+", r"\bb\w*", r"(\w+) (\w+)", r" c", r"c ", r"(?=d)", r"\w+$", r"a b"]
)
TEMPLATES = st.sampled_from(["", "x", "x y", " ", r"\g<0>\g<0>", "zz-zz", r"\g<0> "])
TEXTS = st.lists(st.text("abcd", min_size=1, max_size=4), min_size=1, max_size=12)


@given(TEXTS, st.lists(st.tuples(PATTERNS, TEMPLATES), min_size=1, max_size=3))
def test_rules_write_what_re_writes_and_keep_times_in_order(
    said: list[str], found: list[tuple[str, str]]
) -> None:
    words = [Word(w, i * 0.5, i * 0.5 + 0.4, None, "A") for i, w in enumerate(said)]
    segment = Segment.of(words, speaker="A", language="en")
    before = Transcript("en", 60.0, (segment,))
    got, _ = refined(before, *[rule(old, new, "regex") for old, new in found])
    expected = " ".join(said)
    for old, new in found:
        expected = " ".join(re.sub(old, new, expected, flags=re.IGNORECASE).split())
    assert [w.word for w in got.words()] == expected.split()
    assert [s.text for s in got.segments] == ([expected] if expected else [])
    after = list(got.words())
    assert all(a.start <= b.start + 1e-9 for a, b in pairwise(after))
    assert all(0.0 <= w.start <= w.end <= words[-1].end + 1e-9 for w in after)
    assert {w.speaker for w in after} <= {"A"}


@pytest.mark.parametrize(
    ("gap", "old", "new", "times"),
    [
        (0.0, "great", "really great", [(1.0, 1.545), (1.545, 2.0)]),
        (0.0, "great", "great indeed", [(1.0, 1.455), (1.455, 2.0)]),
        (0.5, "great", "really great", [(1.5, 2.045), (2.045, 2.5)]),
        (0.0, "great", "", []),
        (0.0, "great", "a truly great thing", [(1.0, 1.0625), (1.0625, 1.375), (1.375, 1.6875)]),
    ],
)
def test_new_words_share_the_span_of_those_they_replace_and_no_neighbours(
    gap: float, old: str, new: str, times: list[tuple[float, float]]
) -> None:
    at = 1.0 + gap
    words = [Word("a", 0.0, 1.0), Word("great", at, at + 1.0), Word("day", at + 1.0 + gap, 9.0)]
    before = Transcript("en", 60.0, (Segment.of(words, speaker=None, language="en"),))
    got, _ = refined(before, rule(old, new))
    after = list(got.words())
    assert (after[0].start, after[0].end) == (0.0, 1.0)
    assert (after[-1].start, after[-1].end) == (at + 1.0 + gap, 9.0)
    found = [(w.start, w.end) for w in after[1:-1]][: len(times)]
    assert found == [(pytest.approx(a, abs=1e-3), pytest.approx(b, abs=1e-3)) for a, b in times]


def test_a_word_put_between_two_takes_their_gap_and_moves_neither() -> None:
    words = [Word("over", 0.0, 0.4), Word("world", 1.0, 1.5)]
    before = Transcript("en", 60.0, (Segment.of(words, speaker=None, language="en"),))
    got, _ = refined(before, rule("over world", "over the world"))
    over, the, world = got.words()
    assert (over, world) == tuple(words)
    assert (the.start, the.end, the.estimated) == (0.4, 1.0, True)


EDGES = st.sampled_from(
    [
        r"^a",
        r"b$",
        r"\bc",
        r"[^d]+a",
        r"a\s*b?",
        r"(?<!\s)a",
        r"(?<=b )c",
        r"\Ab",
        r"\Bc",
        r"[^x]++a",
    ]
)


@given(st.lists(TEXTS, min_size=1, max_size=5), EDGES)
def test_rules_find_in_all_segments_what_they_find_in_each(
    said: list[list[str]], pattern: str
) -> None:
    segments = []
    for number, texts in enumerate(said):
        words = [
            Word(w, number * 9 + i * 0.5, number * 9 + i * 0.5 + 0.4) for i, w in enumerate(texts)
        ]
        segments.append(Segment.of(words, speaker=None, language="en"))
    before = Transcript("en", 99.0, tuple(segments))
    got, _ = refined(before, rule(pattern, "z", "regex"))
    alone = [
        segment.text
        for one in segments
        for segment in refined(Transcript("en", 99.0, (one,)), rule(pattern, "z", "regex"))[
            0
        ].segments
    ]
    assert [segment.text for segment in got.segments] == alone


def test_phrases_change_alike_in_one_long_segment_and_in_one_each(
    transcribe: Callable[..., Transcript],
) -> None:
    phrases = ["so um, we went to sea", "the ice ice storm.", "um a keeper's boat", "sea um"] * 20
    rules = [
        rule("um", ""),
        rule("sea", "the sea"),
        rule("(the) the", r"\1", "regex"),
        rule(r"\bice\b", "Ice", "regex"),
        rule("Ice Ice", "ice"),
        rule("keeper's boat", "ship"),
    ]
    each = [refined(transcribe(phrase), *rules)[0] for phrase in phrases]
    whole, report = refined(transcribe(" ".join(f"{phrase} |" for phrase in phrases)), *rules)
    assert text_of(whole) == " ".join(f"{text_of(one)} |" for one in each)
    assert report.applied["rule 1"] == 60
