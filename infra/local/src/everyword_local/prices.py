"""AWS's prices as we know them: one file, each price with its day and the page it stands on."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Price:
    """One price in US dollars; `name` says of what and for how much of it."""

    name: str
    usd: float
    as_of: date
    source: str


@cache
def price_list() -> Sequence[Price]:
    """Return every price of the file."""
    return tuple(_prices_in(_file(), ""))


def prices() -> dict[str, Any]:
    """Return the file with plain numbers where it has prices."""
    return _plain(_file())


def _file() -> dict[str, Any]:
    return tomllib.loads((files("everyword_local") / "prices.toml").read_text("utf-8"))


def _prices_in(section: Mapping[str, Any], name: str) -> Iterator[Price]:
    for key, value in section.items():
        if isinstance(value, dict):
            if "usd" in value:
                yield Price(name=f"{name}{key}", **value)
            else:
                yield from _prices_in(value, f"{name}{key}.")


def _plain(section: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: (value.get("usd") if "usd" in value else _plain(value))
        if isinstance(value, dict)
        else value
        for key, value in section.items()
    }
