"""Envelope and catalogue: wire forms, identity, golden files, schemas, upcasting."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import (
    CATALOGUE,
    EpisodeRemoved,
    EventData,
    InvalidInput,
    ServiceContract,
    TranscriptReady,
    TranscriptRefined,
    derived_event_id,
    new_run_id,
    parse_event,
)
from everyword_events.schemas import differing_files, envelope_schema, event_schema, main
from everyword_events.testing import ready, sample, sample_event
from everyword_events.upcast import Step, upcast

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
SCHEMAS = HERE.parent / "schemas"
KINDS = pytest.mark.parametrize("kind", CATALOGUE.values(), ids=list(CATALOGUE))


def golden_files() -> list[Path]:
    return sorted(GOLDEN.glob("*.json"))


@KINDS
def test_every_event_survives_the_wire(kind: type[EventData]) -> None:
    event = sample_event(kind)
    assert parse_event(event.to_json()) == event
    assert parse_event(event.to_json().encode()) == event
    assert parse_event(event.to_wire()) == event
    assert json.loads(event.to_json()) == event.to_wire()
    short = {"type": event.type, **event.to_detail()}
    assert parse_event(short).data == event.data


@KINDS
def test_the_sample_leaves_no_field_at_its_default(kind: type[EventData]) -> None:
    sampled = sample(kind)
    unset = {
        name
        for name, field in kind.model_fields.items()
        if getattr(sampled, name) == field.get_default(call_default_factory=True)
    }
    assert unset <= {"label", "from_here", "undoes", "degraded", "was", "for_show", "language"}


@KINDS
def test_every_present_schema_has_a_golden_file(
    kind: type[EventData], request: pytest.FixtureRequest
) -> None:
    path = GOLDEN / f"{kind.event_type()}.v{kind.schema_version}.json"
    if request.config.getoption("--update-golden", default=False):
        text = json.dumps(sample_event(kind).to_wire(), indent=2, ensure_ascii=False)
        path.write_text(text + "\n", "utf-8")
    assert path.exists(), "write it with --update-golden, and never change it again"


@pytest.mark.parametrize("path", golden_files(), ids=lambda path: path.stem)
def test_golden_events_are_read_for_ever(path: Path) -> None:
    wire = json.loads(path.read_text("utf-8"))
    event = parse_event(wire)
    assert event.type == path.name.split(".")[0]
    present = event.to_wire()
    if present["detail"]["meta"]["schema"] == wire["detail"]["meta"]["schema"]:
        assert_within(wire, present)


def assert_within(old: Any, new: Any) -> None:
    """Everything said in `old` is said, and the same, in `new`; which may say more."""
    if isinstance(old, Mapping):
        for key, value in old.items():
            assert_within(value, new[key])
    else:
        assert new == old


@pytest.mark.parametrize("path", golden_files(), ids=lambda path: path.stem)
def test_golden_events_fit_the_exported_schemas(path: Path) -> None:
    wire = json.loads(path.read_text("utf-8"))
    jsonschema.validate(wire, envelope_schema())
    event = parse_event(wire)
    jsonschema.validate(event.to_detail()["data"], event_schema(type(event.data)))


def test_exported_schemas_are_those_of_the_code() -> None:
    assert differing_files(SCHEMAS) == [], (
        "run: python -m everyword_events.schemas --write libs/events/schemas"
    )


def test_the_schema_command_writes_and_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--write", str(tmp_path / "schemas")]) == 0
    assert main(["--check", str(tmp_path / "schemas")]) == 0
    (tmp_path / "schemas" / "Envelope.v1.json").write_text("{}")
    (tmp_path / "schemas" / "Stray.v1.json").write_text("{}")
    (tmp_path / "schemas" / "EpisodeRemoved.v1.json").unlink()
    assert main(["--check", str(tmp_path / "schemas")]) == 1
    complaint = capsys.readouterr().err
    assert all(name in complaint for name in ("Envelope", "Stray", "EpisodeRemoved"))
    command = [sys.executable, "-m", "everyword_events.schemas", "--check", str(SCHEMAS)]
    assert subprocess.run(command, check=False).returncode == 0


BAD_WIRES: dict[str, tuple[Any, str]] = {
    "not JSON": ("{", "event_not_json"),
    "not UTF-8": (b'{"a": "\xff"}', "event_not_json"),
    "nested beyond reason": ("[" * 100_000, "event_not_json"),
    "a list": ("[]", "event_not_object"),
    "a number": ("1", "event_not_object"),
    "empty": ("", "event_not_json"),
    "no type": ({}, "event_unknown"),
    "unknown type": ({"detail-type": "Nonsense"}, "event_unknown"),
    "a type that is no text": ({"detail-type": ["EpisodeRemoved"]}, "event_unknown"),
    "detail no object": ({"detail-type": "EpisodeRemoved", "detail": 1}, "event_not_object"),
    "no meta": ({"detail-type": "EpisodeRemoved", "detail": {"data": {}}}, "event_invalid"),
}


@pytest.mark.parametrize(("wire", "code"), BAD_WIRES.values(), ids=BAD_WIRES)
def test_what_is_no_event_is_refused(wire: Any, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_event(wire)
    assert refused.value.code == code


def changed(kind: type[EventData], *path: str, to: Any) -> dict[str, Any]:
    wire = sample_event(kind).to_wire()
    place = wire["detail"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return wire


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("meta", "event_id"), ""),
        (("meta", "episode_id"), ""),
        (("meta", "run_id"), None),
        (("meta", "occurred_at"), "2026-03-04T05:06:07"),  # no zone
        (("data",), None),
        (("data",), []),
        (("data", "words"), -1),
        (("data", "duration_s"), float("nan")),
        (("data", "duration_s"), float("inf")),
        (("data", "transcript", "sha256"), "ABC"),
        (("data", "episode", "title"), None),
        (("data", "episode", "title"), "\ud800"),
    ],
)
def test_fields_that_do_not_fit_are_refused(path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(InvalidInput, match="TranscriptReady") as refused:
        parse_event(changed(TranscriptReady, *path, to=value))
    assert refused.value.code == "event_invalid"


def test_the_refusal_names_the_field() -> None:
    with pytest.raises(InvalidInput, match=r"TranscriptReady: transcript\.sha256: "):
        parse_event(changed(TranscriptReady, "data", "transcript", "sha256", to="x"))


def test_a_newer_schema_says_to_update() -> None:
    with pytest.raises(InvalidInput, match="schema 2, this program knows up to 1") as refused:
        parse_event(changed(TranscriptReady, "meta", "schema", to=2))
    assert (refused.value.code, refused.value.hint) == ("event_too_new", "update everyword")


def test_an_older_schema_without_a_step_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_event(changed(TranscriptReady, "meta", "schema", to=0))
    assert refused.value.code == "event_too_old"


def test_fields_of_a_newer_writer_are_ignored() -> None:
    assert parse_event(changed(EpisodeRemoved, "data", "by", to="somebody")) == sample_event(
        EpisodeRemoved
    )


def _v0_to_v1(data: dict[str, Any]) -> dict[str, Any]:
    return {"why": data["cause"]}


def _v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    return {"reason": data["why"].strip(), "by": "unknown"}


STEPS: dict[tuple[str, int], Step] = {("Gone", 0): _v0_to_v1, ("Gone", 1): _v1_to_v2}


def test_old_data_is_lifted_step_by_step() -> None:
    written = {"cause": " asked "}
    lifted = {"reason": "asked", "by": "unknown"}
    assert upcast("Gone", 0, 2, written, STEPS) == lifted
    assert upcast("Gone", 1, 2, {"why": "asked"}, STEPS) == lifted
    assert upcast("Gone", 2, 2, lifted, STEPS) == lifted
    assert written == {"cause": " asked "}


@pytest.mark.parametrize("data", [{}, None, [], {"cause": 5}])
def test_data_that_is_not_of_its_schema_is_refused(data: Any) -> None:
    with pytest.raises(InvalidInput, match="Gone") as refused:
        upcast("Gone", 0, 2, data, {**STEPS, ("Gone", 1): lambda d: {"reason": d["why"] + ""}})
    assert refused.value.code == "event_invalid"


def test_a_missing_step_is_said() -> None:
    with pytest.raises(InvalidInput, match="no step from schema 1"):
        upcast("Gone", 0, 2, {"cause": ""}, {("Gone", 0): _v0_to_v1})


@given(st.text(), st.text())
def test_the_same_work_done_twice_is_the_same_event(cause: str, part: str) -> None:
    derived = derived_event_id(cause, "TranscriptRefined", 1, part)
    assert derived == derived_event_id(cause, "TranscriptRefined", 1, part)
    assert derived != derived_event_id(cause, "TranscriptReady", 1, part)
    assert derived != derived_event_id(cause, "TranscriptRefined", 2, part)
    assert derived != derived_event_id(cause, "TranscriptRefined", 1, part + "x")
    assert str(UUID(derived)) == derived


def test_derived_ids_never_change() -> None:
    cause = "0195619a-0000-7000-8000-000000000001"
    assert (
        derived_event_id(cause, "TranscriptRefined", 1, "é")
        == "0195619a-0000-867f-b3e7-a29c47ae6b1f"
    )
    assert (
        derived_event_id("not a UUID", "TranscriptRefined", 1)
        == "718c9fbc-66d7-5c36-9bdd-224c8610f609"
    )


def test_derived_ids_of_a_chain_share_its_time_and_nothing_else() -> None:
    cause = new_run_id()
    effects = [derived_event_id(cause, "TranscriptRefined", 1, str(n)) for n in range(1000)]
    assert {effect[:14] for effect in effects} == {cause[:14]}
    assert len({effect[19:] for effect in effects}) == 1000
    assert {UUID(effect).version for effect in effects} == {8}


def test_an_effect_follows_its_cause() -> None:
    cause = ready()
    effect = cause.causes("refine", sample(TranscriptRefined))
    assert effect.source == "everyword.refine"
    assert effect.meta.causation_id == cause.meta.event_id
    assert effect.meta.correlation_id == cause.meta.correlation_id
    assert (effect.meta.episode_id, effect.meta.run_id) == (
        cause.meta.episode_id,
        cause.meta.run_id,
    )
    again = cause.causes("refine", sample(TranscriptRefined))
    assert again.meta.event_id == effect.meta.event_id


def test_effects_of_a_targeted_event_are_for_everyone() -> None:
    targeted = ready().replayed(run_id=new_run_id(), audience=["refine"])
    assert not targeted.is_for("search")
    assert targeted.causes("refine", sample(TranscriptRefined)).is_for("search")


def test_run_ids_rise() -> None:
    run_ids = [new_run_id() for _ in range(10_000)]
    assert run_ids == sorted(set(run_ids))


@given(
    kind=st.sampled_from(list(CATALOGUE.values())),
    audience=st.lists(st.sampled_from(["all", "search", "captions", "refine"]), max_size=3),
    source=st.sampled_from(["everyword.ingest", "everyword", "aws.s3", ""]),
)
def test_contract_and_rule_pattern_accept_the_same(
    kind: type[EventData], audience: list[str], source: str
) -> None:
    contract = ServiceContract("search", consumes=(TranscriptRefined, EpisodeRemoved))
    event = sample_event(kind)
    meta = event.meta.model_copy(update={"audience": tuple(audience)})
    event = event.model_copy(update={"meta": meta, "source": source})
    assert contract.accepts(event) == matches(contract.event_pattern(), event.to_wire())


def matches(pattern: Any, value: Any) -> bool:
    """Match as EventBridge does: all fields, any of a list's choices."""
    if isinstance(pattern, Mapping):
        return all(matches(choice, value.get(field)) for field, choice in pattern.items())
    values = value if isinstance(value, list) else [value]
    return any(
        candidate.startswith(choice["prefix"]) if isinstance(choice, dict) else candidate == choice
        for choice in pattern
        for candidate in values
    )
