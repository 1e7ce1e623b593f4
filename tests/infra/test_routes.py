"""The AWS composition answers what one machine answers, but for what has a written reason."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from everyword_cdk.parts.routes import ELSEWHERE, api_routes, as_gateway_path
from everyword_cdk.parts.site import api_document

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
