"""Options of every test suite of the house."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be written anew, which nothing else does."""
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files instead of comparing"
    )
