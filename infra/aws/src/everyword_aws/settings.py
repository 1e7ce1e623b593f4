"""A service's section of everyword.toml, as the deployment shipped it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from everyword_events import Misconfigured

Section = TypeVar("Section", bound=BaseModel)


class ShippedSettings(Generic[Section]):
    """One section: what holds in general, and what holds for each show named in the file."""

    def __init__(self, model: type[Section], raw: Mapping[str, Any], **changes: Any) -> None:
        try:
            self._general = model.model_validate({**raw["general"], **changes})
            self._shows = {
                show: model.model_validate({**section, **changes})
                for show, section in raw["shows"].items()
            }
        except (ValidationError, KeyError) as error:
            raise Misconfigured(
                f"the shipped settings do not fit this version: {error}",
                hint="deploy all stacks from one version",
                code="settings_outdated",
            ) from error

    @classmethod
    def read(cls, model: type[Section], file: str, **changes: Any) -> "ShippedSettings[Section]":
        """Read a section's file; `changes` are what only the running function knows."""
        try:
            raw = json.loads(Path(file).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise Misconfigured(
                f"the settings {file} cannot be read: {error}",
                hint="deploy the function with infra/aws",
                code="settings_missing",
            ) from error
        return cls(model, raw, **changes)

    def of_show(self, show: str) -> Section:
        """Return the settings for one show."""
        return self._shows.get(show, self._general)

    @property
    def for_show(self) -> Callable[[str], Section]:
        """What services take: a function from a show's name to its settings."""
        return self.of_show
