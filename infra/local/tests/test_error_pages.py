"""What a browser is shown where something is wrong, and what a program gets."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from everyword_local.application import application
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One application: no test here changes anything."""
    data = DataFolder(tmp_path_factory.mktemp("data"))
    with Composition(data, SettingsFile(None)) as composition:
        yield TestClient(application(composition))


@pytest.mark.parametrize("path", ["/nothing/here", "/media/none", "/%3Cscript%3E"])
def test_an_address_without_anything_is_a_page(http: TestClient, path: str) -> None:
    answer = http.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "There is no such page" in answer.text
    assert 'action="/search"' in answer.text


@pytest.mark.parametrize(
    ("path", "accept"), [("/v1/episodes/none", BROWSER["Accept"]), ("/nothing", "*/*")]
)
def test_a_program_gets_the_problem(http: TestClient, path: str, accept: str) -> None:
    answer = http.get(path, headers={"Accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == 404


def test_what_is_right_passes(http: TestClient) -> None:
    answer = http.get("/", headers=BROWSER)
    assert answer.status_code == 200
    assert "everyword-search" in answer.text


@pytest.mark.parametrize("name", ["%00", "%00.js", "x" * 3000 + ".js", "..%2fserver.py", "none.js"])
def test_no_name_of_a_file_breaks_the_server(http: TestClient, name: str) -> None:
    for folder in ("static", "widget"):
        assert http.get(f"/{folder}/{name}").status_code == 404


@pytest.mark.parametrize(
    "since", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59", "x", "1e400"]
)
def test_a_date_that_cannot_be_is_refused(http: TestClient, since: str) -> None:
    answer = http.get(f"/v1/episodes/none/logs?since={since}")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


@pytest.mark.parametrize(
    "address",
    [
        "/v1/episodes/none:cancel",
        "/v1/episodes/none:complete",
        "/v1/feeds/none:poll",
        "/v1/feed-imports/none:cancel",
        "/v1/keys/none:rotate",
        "/v1/webhooks/none:test",
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
def test_an_action_takes_its_own_method_alone(http: TestClient, method: str, address: str) -> None:
    refused = http.request(method, address)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
