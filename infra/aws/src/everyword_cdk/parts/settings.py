"""everyword.toml for the cloud: checked while synthesizing, then each service gets its section."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from everyword_cdk.deployment import Deployment
from everyword_cdk.parts.code import RUNTIME
from everyword_local.settings import Settings, read_settings

LAYER_FILE = "/opt/everyword/settings.json"
"""Where a function finds its service's section."""


class DeployedSettings:
    """The settings of one deployment.

    Raises:
        Misconfigured: the file is wrong; the message names line and key.
    """

    def __init__(self, deployment: Deployment) -> None:
        if deployment.settings is None:
            self._general: Settings = Settings()
            self._shows: dict[str, Settings] = {}
        else:
            self._general, self._shows = read_settings(deployment.settings)

    def section(self, name: str, **changes: Any) -> dict[str, Any]:
        """Return one section as a service reads it: in general, and per show.

        `changes` are what the cloud decides: the address of the index, for one.
        """
        return {
            "general": self._of(self._general, name, changes),
            "shows": {show: self._of(each, name, changes) for show, each in self._shows.items()},
        }

    def layer(
        self, scope: Construct, name: str, *, beside: Sequence[str] = (), **changes: Any
    ) -> lambda_.LayerVersion:
        """Return a layer that carries one section, and others `beside` it under their names."""
        folder = Path(tempfile.mkdtemp(prefix="everyword-settings-"))
        file = folder / "everyword" / "settings.json"
        file.parent.mkdir()
        file.write_text(json.dumps(self.section(name, **changes), sort_keys=True), "utf-8")
        for other in beside:
            text = json.dumps(self.section(other), sort_keys=True)
            file.with_name(f"{other}.json").write_text(text, "utf-8")
        return lambda_.LayerVersion(
            scope,
            "Settings",
            code=lambda_.Code.from_asset(str(folder)),
            compatible_runtimes=[RUNTIME],
            description=f"The section [{name}] of everyword.toml",
        )

    def _of(self, settings: Settings, name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        section = getattr(settings, name)
        return {**section.model_dump(mode="json", by_alias=True), **changes}
