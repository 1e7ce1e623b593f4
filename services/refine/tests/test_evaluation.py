from typing import Any

from refine.evaluation import Case, evaluate, load_cases
from refine.ports import Reply


def test_the_shipped_cases_cover_every_kind() -> None:
    cases = load_cases()
    assert len(cases) >= 60
    assert len({case.id for case in cases}) == len(cases)
    assert {case.kind for case in cases} == {
        "names",
        "split",
        "homophones",
        "doubled",
        "numbers",
        "code-switching",
        "injection",
    }
    for case in cases:
        assert len(case.lines) == len(case.truth)
        assert [s.text for s in case.spoken().segments] != []


def test_a_scripted_model_mends_nearly_all_and_harms_hardly_any() -> None:
    result = evaluate()
    assert result.total.recall >= 0.95
    assert result.total.precision >= 0.9
    assert result.total.harm_rate <= 0.01
    assert result.total.start_error_ms < 5
    assert result.by_kind["injection"].changes == 0
    assert result.by_kind["numbers"].harmed == 0
    assert result.total.names_given == 0
    assert "homophones" in result.table()


def test_rules_and_glossary_alone_harm_nothing() -> None:
    result = evaluate(scripted=False)
    assert result.total.harmed == 0
    assert result.total.precision == 1.0
    assert 0.1 < result.total.recall < 0.5


def test_harm_and_timing_are_measured() -> None:
    case = Case(
        id="x-1",
        kind="x",
        lines=("We left their coats here that day", "It rained"),
        truth=("We left their coats here that day", "It rained"),
        model={
            "speakers": [],
            "updates": [{"idx": 0, "text": "We left there coats here that day"}],
        },
    )
    score = evaluate([case]).total
    assert (score.harmed, score.changes, score.right_changes) == (1, 1, 0)
    assert score.right_before == 9
    assert score.start_error_ms == 0.0


def test_a_model_that_is_down_is_counted() -> Any:
    class Mute:
        name = "mute"

        def complete(self, **_: Any) -> Any:
            return Reply("no")

    result = evaluate(load_cases()[:3], model=Mute())
    assert result.model == "mute"
    assert result.total.degraded == 3
