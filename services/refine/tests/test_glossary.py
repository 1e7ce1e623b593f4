from collections.abc import Callable
from typing import Any

import pytest

from everyword_transcripts import Transcript
from refine.config import RefineSettings
from refine.domain.glossary_candidates import glossary_candidates
from refine.domain.speakers import name_speakers
from refine.standalone import refine_transcript


def refined(transcript: Any, *glossary: Any) -> Any:
    return refine_transcript(transcript, RefineSettings.model_validate({"glossary": glossary}))


@pytest.mark.parametrize(
    ("spoken", "glossary", "expected"),
    [
        ("We met Mamino, in Rome", ["Mammino"], "We met Mammino, in Rome"),
        ("We run kubernetis here", ["Kubernetes"], "We run Kubernetes here"),
        ("It is in dynamo db.", ["DynamoDB"], "It is in DynamoDB."),
        ("It is on git hub", ["GitHub"], "It is on GitHub"),
        (
            "We use (cube cuttle)",
            [{"term": "kubectl", "heard": ["cube cuttle"]}],
            "We use (kubectl)",
        ),
        ("Every word counts", ["Everyword"], "Every word counts"),
        ("Take a bath now", ["Bath"], "Take a bath now"),
        ("The marine corps", ["Marion"], "The marine corps"),
        ("Kubernetes's pods", ["Kubernetes"], "Kubernetes's pods"),
        ("Ada Lovelace wrote it", ["Ada Lovelace"], "Ada Lovelace wrote it"),
    ],
)
def test_terms_are_written_where_they_are_sure(
    transcribe: Callable[..., Transcript], spoken: str, glossary: Any, expected: str
) -> None:
    got, _ = refined(transcribe(spoken), *glossary)
    assert got.segments[0].text == expected


def test_what_is_near_but_not_sure_is_only_a_hint(transcribe: Callable[..., Transcript]) -> None:
    spoken = transcribe("We saw the cube cuttle thing")
    (near,) = glossary_candidates(spoken, ["kubectl"], hints=True)
    assert (near.heard, near.term, near.sure) == ("cube cuttle", "kubectl", False)
    got, report = refined(spoken, "kubectl")
    assert got.segments == spoken.segments
    assert report.changes == ()


def test_a_near_term_is_reported_as_a_suggestion(transcribe: Callable[..., Transcript]) -> None:
    _, report = refined(transcribe("We met Mamino in Rome"), "Mammino")
    assert [(c.step, c.by, c.before, c.after) for c in report.changes] == [
        ("glossary", "near: Mammino", "Mamino", "Mammino")
    ]
    assert report.accepted() == 1


def names(transcript: Any, *suggested: Any) -> Any:
    named, changes = name_speakers(transcript, suggested, by="model")
    return {s.label: s.name for s in named.speakers}, {c.before: c.reason for c in changes}


def test_a_spoken_name_is_given_to_its_label(transcribe: Callable[..., Transcript]) -> None:
    spoken = transcribe("hello I am Helen Brown", "and I'm Tom.", speakers=["S0", "S1"])
    assert names(spoken, ("S0", "Helen Brown"), ("S1", "Tom"), ("S1", "Tim"), ("S1", "Tom")) == (
        {"S0": "Helen Brown", "S1": "Tom"},
        {"S0": "", "S1": ""},
    )


@pytest.mark.parametrize(
    ("suggested", "reason"),
    [
        ([("S7", "Helen")], "unknown_label"),
        ([("S0", "Cleopatra")], "name_not_spoken"),
        ([("S0", "Speaker")], "not_a_name"),
        ([("S0", "<b>Helen</b>")], "not_a_name"),
        ([("S0", "Helen " * 20)], "not_a_name"),
        ([("S0", "")], "not_a_name"),
        ([("S0", "The Helen")], "not_a_name"),
        ([("S0", "There")], "name_not_spoken"),
        ([("S0", "hello there I am Helen")], "not_a_name"),
        ([("S0", "Helen"), ("S0", "Tom")], "ambiguous"),
        ([("S0", "Helen"), ("S1", "Helen")], "name_taken"),
    ],
)
def test_no_label_gets_a_doubtful_name(
    transcribe: Callable[..., Transcript], suggested: Any, reason: Any
) -> None:
    spoken = transcribe("hello there I am Helen", "and I am Tom", speakers=["S0", "S1"])
    named, reasons = names(spoken, *suggested)
    assert not any(named.values())
    assert reasons[suggested[0][0]] == reason


def test_a_name_already_known_stays(transcribe: Callable[..., Transcript]) -> None:
    spoken = transcribe("I am Helen", "no I am Tom", speakers=["S0", "S1"])
    named, _ = name_speakers(spoken, [("S0", "Helen")], by="model")
    again, changes = name_speakers(named, [("S0", "Tom")], by="model")
    assert again.speaker_name("S0") == "Helen"
    assert changes[0].reason == "already_named"
