"""Options of every test suite of the house."""

import hypothesis
import pytest

# The same examples every time, so that a change is judged by what it changes. `make explore` draws
# new ones: what it finds is mended and kept as a test of its own.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be written anew, which nothing else does."""
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files instead of comparing"
    )
