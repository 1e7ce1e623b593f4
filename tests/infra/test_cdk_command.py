"""The CDK's own command, of the version that the documentation names, takes our application."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
DOCUMENTED = (REPOSITORY / "docs/aws.md").read_text("utf-8")
(COMMAND,) = set(re.findall(r"aws-cdk@\d+\.\d+\.\d+", DOCUMENTED))
"""The one version that every line of the documentation calls."""


def npx(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command without an account."""
    found = shutil.which("npx")
    if found is None:
        pytest.skip("npx is missing: install Node and npm (scripts/install-test-parts.sh)")
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
    return subprocess.run(
        [found, "--yes", COMMAND, *arguments],
        cwd=REPOSITORY / "infra/aws",
        env=environment | {"AWS_EC2_METADATA_DISABLED": "true", "CDK_DISABLE_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_documented_command_synthesizes_what_we_tested(
    templates: Mapping[str, Any], tmp_path: Path
) -> None:
    """One stack without functions is asked for, so that no package is built."""
    version = npx("--version")
    if version.returncode:
        pytest.skip(f"npm's registry does not give {COMMAND}: {version.stderr[-200:]}")
    out = tmp_path / "cdk.out"
    done = npx("synth", "--exclusively", "operations", "--quiet", "--no-notices", "-o", str(out))
    assert done.returncode == 0, done.stderr[-3000:]
    made = json.loads((out / "operations.template.json").read_text("utf-8"))
    assert without_the_commands_own(made) == without_the_commands_own(templates["operations"])


def without_the_commands_own(template: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what only the command writes: where a resource comes from, and its version."""
    return {
        name: (resource["Type"], resource["Properties"])
        for name, resource in template["Resources"].items()
        if resource["Type"] != "AWS::CDK::Metadata"
    }


def test_every_line_of_the_documentation_calls_one_version() -> None:
    assert "npx aws-cdk " not in DOCUMENTED
    assert DOCUMENTED.count(COMMAND) > 2
