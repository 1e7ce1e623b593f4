"""What functions load before their first event: not the time, which a benchmark measures."""

import json
import subprocess
import sys
from collections.abc import Set as AbstractSet
from importlib.resources import files

import pytest

HANDLERS = sorted(
    file.name.removesuffix(".py")
    for file in files("everyword_aws.handlers").iterdir()
    if file.name.endswith(".py") and file.name != "__init__.py"
)
APIS = {name for name in HANDLERS if name.endswith("_api")}
SEARCH = {"search_events", "search_moments"}
ENGINES = {"torch", "whisperx", "faster_whisper", "ctranslate2", "pocketsphinx", "transformers"}
NEVER = ENGINES | {"aws_cdk", "aws_xray_sdk", "av", "feedparser", "prometheus_client", "sqlite3"}
ONLY_APIS = {"fastapi", "starlette", "mangum", "everyword_http"}
ONLY_WHEN_FETCHING = {"httpx", "httpcore"}
ONLY_SEARCH = {"numpy", "num2words"}
"""Spoken numbers and sounds: what search alone knows of."""


TOLD = """
import gc, json, sys
from everyword_events import CATALOGUE
names = [kind for kind in CATALOGUE if CATALOGUE[kind].__pydantic_complete__]
print(json.dumps([names, gc.get_stats()[2]["collections"], sorted(sys.modules)]))
"""


def loaded_by(handlers: AbstractSet[str]) -> set[str]:
    """Return the packages that a fresh process has after importing handlers."""
    return {name.partition(".")[0] for name in told_after(handlers)[2]}


def told_after(handlers: AbstractSet[str]) -> tuple[list[str], int, list[str]]:
    """Return the event models made by then, the full collections, and the modules loaded."""
    imports = "".join(f"import everyword_aws.handlers.{each}\n" for each in sorted(handlers))
    done = subprocess.run(
        [sys.executable, "-c", imports + TOLD],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    models, collections, modules = json.loads(done.stdout)
    return models, collections, modules


@pytest.mark.parametrize(
    ("handlers", "unwanted"),
    [
        (set(HANDLERS) - APIS - SEARCH, NEVER | ONLY_APIS | ONLY_WHEN_FETCHING | ONLY_SEARCH),
        (APIS - {"search_api"}, NEVER | ONLY_WHEN_FETCHING | ONLY_SEARCH),
        (SEARCH, NEVER | ONLY_APIS | ONLY_WHEN_FETCHING),
        ({"search_api"}, NEVER | ONLY_WHEN_FETCHING),
    ],
    ids=["queues and schedules", "APIs", "search's queue and moments", "search's API"],
)
def test_functions_load_nothing_that_they_seldom_need(
    handlers: AbstractSet[str], unwanted: AbstractSet[str]
) -> None:
    assert handlers
    assert loaded_by(handlers) & unwanted == set()


def test_each_service_is_alone_in_its_functions() -> None:
    others = {"refine", "search", "transcribe_gpu"}
    assert loaded_by({"captions_events", "captions_api"}) & (others | {"ingest"}) == set()
    assert loaded_by({"relay", "sweep"}) & (others | {"ingest", "captions"}) == set()


def test_what_a_function_may_not_need_is_made_by_its_first_use() -> None:
    models, collections, modules = told_after(set(HANDLERS))
    assert models == []
    assert collections == 0, "all that was imported was looked through for garbage"
    assert not [name for name in modules if "utilities.parser.envelopes" in name]


def test_who_only_links_to_captions_loads_none_of_their_writers() -> None:
    _, _, modules = told_after({"ingest_notify", "ingest_webhooks"})
    _, _, of_api = told_after({"ingest_api"})
    assert "captions.domain.formats" not in of_api
    assert [name for name in modules if name.partition(".")[0] == "captions"] == [
        "captions",
        "captions.addresses",
        "captions.domain",
        "captions.domain.file_formats",
    ]
    assert "everyword_transcripts.model" not in modules, "nor do they read a transcript"
