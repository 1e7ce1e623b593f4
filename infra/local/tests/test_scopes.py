"""Every route of the API, whichever it is: what no key, and what each scope, may do there."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from everyword_http.keys import KeyAccess
from everyword_local.application import application
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile

OPEN = ("/health/live", "/health/ready")
OPERATORS = ("/v1/dead-letters", "/v1/events", "/v1/keys", "/v1/results", "/v1/retention",
             "/v1/saved-searches", "/v1/show-access", "/v1/webhooks", "/v1/worker", "/metrics",
             "/v1/voices", "/v1/episodes/{episode_id}/logs")  # fmt: skip
METHODS = {"get", "post", "put", "patch", "delete"}


def is_operators(path: str) -> bool:
    return path.startswith(OPERATORS)


@pytest.mark.parametrize("scope", ["none", "search", "upload", "edit"])
def test_no_route_is_forgotten(tmp_path: Path, scope: str) -> None:
    with Composition(DataFolder(tmp_path), SettingsFile(None)) as composition:
        key = "" if scope == "none" else composition.keys.create("", [scope])[1]  # type: ignore[list-item]
        access = KeyAccess(composition.keys, signing_key=b"s" * 32)
        client = TestClient(application(composition, access=access))
        document = client.get("/v1/openapi.json").json()
        asked = [
            (method, path)
            for path, item in document["paths"].items()
            for method in METHODS & item.keys()
            if path not in OPEN
        ]
        assert len(asked) > 60
        client.headers = {"Authorization": f"Bearer {key}"} if key else {}
        got = {
            (method, path): client.request(method, re.sub(r"\{\w+\}", "none", path)).status_code
            for method, path in asked
        }
    for (method, path), status in got.items():
        where = f"{scope}: {method} {path} {status}"
        if scope == "none":
            assert status == 401, where
        elif is_operators(path) or (scope == "search" and method != "get"):
            assert status == 403, where
        elif method == "get" and not path.startswith("/v1/replays"):
            assert status not in {401, 403}, where
