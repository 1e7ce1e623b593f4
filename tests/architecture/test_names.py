"""A class's name says which class is meant, wherever it is read."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALLOWED: dict[str, str] = {}
"""Names that stand for the same thing in several places, with the reason that they must."""


def test_no_two_classes_have_one_name() -> None:
    places = defaultdict(list)
    for source in ROOT.glob("*/*/src/**/*.py"):
        for node in ast.parse(source.read_bytes()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(f"{source.relative_to(ROOT)}:{node.lineno}")
    assert len(places) > 500, "the sources were not found"
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in ALLOWED} == {}
    assert ALLOWED.keys() <= twice.keys(), "no longer needed"
