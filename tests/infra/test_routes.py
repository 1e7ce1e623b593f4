"""The AWS composition answers what one machine answers, but for what has a written reason."""

import json
import mimetypes
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from everyword_cdk.parts.routes import ELSEWHERE, PAGES_ELSEWHERE, api_routes, as_gateway_path
from everyword_cdk.parts.site import PAGES, api_document, write_site
from starlette.routing import Route

from everyword_http.keys import KeyAccess
from everyword_local.application import application
from everyword_local.composition import Composition
from everyword_local.data_folder import DataFolder
from everyword_local.settings import SettingsFile

Templates = Mapping[str, Mapping[str, Any]]
Operation = tuple[str, str]


@contextmanager
def local_document(folder: Path) -> Iterator[dict[str, Any]]:
    with Composition(DataFolder(folder), SettingsFile(None)) as composition:
        (api,) = [
            route.app  # type: ignore[attr-defined]
            for route in application(composition).routes
            if hasattr(getattr(route, "app", None), "openapi")
        ]
        yield api.openapi()


def operations(document: Mapping[str, Any]) -> dict[Operation, Any]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def is_elsewhere(path: str) -> bool:
    return any(path.startswith(each) for each in ELSEWHERE)


def test_every_route_of_one_machine_is_answered_on_aws_or_has_a_reason(tmp_path: Path) -> None:
    with local_document(tmp_path / "data") as document:
        here, there = operations(document), operations(api_document())
        schemas = document["components"]["schemas"]
    assert {each for each in here.keys() - there.keys() if not is_elsewhere(each[1])} == set()
    assert there.keys() <= here.keys()
    assert not [each for each in there if is_elsewhere(each[1])]
    for each, operation in there.items():
        assert operation == here[each], each
    for name, schema in api_document()["components"]["schemas"].items():
        assert schema == schemas[name], name


def test_every_reason_is_for_a_route_that_one_machine_has(tmp_path: Path) -> None:
    with local_document(tmp_path / "data") as document:
        paths = list(document["paths"])
    for each in ELSEWHERE:
        assert any(path.startswith(each) for path in paths), each


@pytest.fixture(scope="module")
def site() -> Iterator[Path]:
    folder = write_site()
    yield folder
    shutil.rmtree(folder)


def file_of(site: Path, address: str) -> Path:
    """Return the file that CloudFront answers an address with, as its function rewrites it."""
    named = {"/": "/index.html", "/episodes/{episode_id}": "/episode.html", **PAGES}
    return site / named.get(address, address).lstrip("/")


def test_every_page_of_one_machine_is_a_file_on_aws_or_has_a_reason(
    tmp_path: Path, site: Path
) -> None:
    folder = DataFolder(tmp_path / "data")
    with Composition(folder, SettingsFile(None)) as composition:
        access = KeyAccess(composition.keys, signing_key=b"s" * 32)
        routes = application(composition, access=access).routes
    paths = {route.path for route in routes if isinstance(route, Route)} | {"/docs"}
    assert set(PAGES_ELSEWHERE) <= paths
    folders = {"/static/{path:path}", "/widget/{path:path}"}
    answered = {as_gateway_path(route.path) for route in api_routes()}
    pages = paths - set(PAGES_ELSEWHERE) - answered - folders
    assert pages == {"/", "/episodes/{episode_id}", "/docs"}
    assert [each for each in pages if not file_of(site, each).is_file()] == []


def test_pages_lead_nowhere_that_is_not_there_and_say_what_they_are(site: Path) -> None:
    for page in site.glob("*.html"):
        linked = re.findall(r"""(?:href|src)=["'](/[^"'#]*)["']""", page.read_text("utf-8"))
        assert linked
        assert [each for each in linked if not file_of(site, each).is_file()] == [], page.name
    for file in (each for each in site.rglob("*") if each.is_file()):
        assert mimetypes.guess_type(file.name)[0], f"S3 would call {file.name} a download"


def test_cloudfront_asks_for_the_files_of_pages(templates: Templates, tmp_path: Path) -> None:
    (code,) = [
        each["Properties"]["FunctionCode"]
        for each in templates["website"]["Resources"].values()
        if each["Type"] == "AWS::CloudFront::Function"
    ]
    wanted = {
        "/docs": "/docs.html",
        "/docs.html": "/docs.html",
        "/episodes/1": "/episode.html",
        "/": "/",
        "/v1/search": "/v1/search",
    }
    script = tmp_path / "asked.js"
    script.write_text(
        f"{code}\nconst asked = {json.dumps(list(wanted))};\n"
        "const event = (uri) => ({ request: { uri, headers: { host: { value: 'h' } } } });\n"
        "console.log(JSON.stringify(asked.map((uri) => handler(event(uri)).uri)));\n"
    )
    command = ["node", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(done.stdout) == list(wanted.values())


def test_the_gateway_leads_every_route_to_its_function(templates: Templates) -> None:
    website = templates["website"]["Resources"].values()
    keys = {
        each["Properties"]["RouteKey"]
        for each in website
        if each["Type"] == "AWS::ApiGatewayV2::Route"
    }
    for method, path in operations(api_document()):
        assert f"{method} {as_gateway_path(path)}" in keys, path
    functions = json.dumps([each for each in website if "Integration" in each["Type"]])
    for service in {route.service for route in api_routes()}:
        assert f"function:everyword-{service}-api:live" in functions
