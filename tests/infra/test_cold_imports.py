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


def loaded_by(handlers: AbstractSet[str]) -> set[str]:
    """Return the packages that a fresh process has after importing handlers."""
    imports = "".join(f"import everyword_aws.handlers.{each}\n" for each in sorted(handlers))
    told = f"{imports}import json, sys\nprint(json.dumps([n.split('.')[0] for n in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=300
    )
    return set(json.loads(done.stdout))


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
