"""Validators and If-None-Match."""

import pytest

from everyword_http import etag_of, is_fresh


def test_a_validator_is_the_bodys_own() -> None:
    assert etag_of(b"a") == etag_of(b"a") != etag_of(b"b")
    assert etag_of(b"") == '"e3b0c44298fc1c149afbf4c8996fb924"'


@pytest.mark.parametrize(
    ("header", "fresh"),
    [
        (None, False),
        ('"x"', True),
        ('W/"x"', True),
        ('"y", "x"', True),
        ("*", True),
        ('"y"', False),
    ],
)
def test_if_none_match(header: str | None, fresh: bool) -> None:
    assert is_fresh(header, '"x"') is fresh
