"""What every role of a deployment may do, as a table: read off the synthesized templates.

`python -m everyword_cdk.roles [cdk.out]` prints it; docs/aws.md quotes it, and a test compares.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

Template = Mapping[str, Any]
HEAD: Final = ("| role | reads | writes | does |", "|---|---|---|---|")
_READS: Final = re.compile(r":(BatchGet|Describe|Get|List|Query|Receive|Scan|StartQuery)")
_KIND: Final = {"s3": "bucket", "sqs": "queue", "dynamodb": "table", "ssm": "secret", "logs": "log"}
"""Services whose resources hold something; of others the action itself is told."""
_EVERYBODYS: Final = ("xray:", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLog")
"""Its own log and traces: every role has these."""
_OF_CDK: Final = re.compile(r"^Custom(CDK|S3)")
_CALLED: Final = {
    "EcsTaskTaskRole": "GPU worker",
    "EcsTaskExecutionRole": "ECS, to start a worker",
}
_NAMES: Final = ("FunctionName", "QueueName", "RepositoryName", "TableName", "Name")
_DEAD: Final = "-dead-letters"


def table(templates: Mapping[str, Template]) -> list[str]:
    """Return the table's lines."""
    queues = {
        str(resource["Properties"]["QueueName"])
        for template in templates.values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in resource["Properties"]
    }
    lines = list(HEAD)
    for role, cells in sorted(_roles(templates).items()):
        told = [_in_words(cells[column], len(queues)) for column in ("reads", "writes", "does")]
        if told != ["-", "-", "-"]:
            lines.append(f"| {role} | {' | '.join(told)} |")
    return lines


def _roles(templates: Mapping[str, Template]) -> Mapping[str, Mapping[str, set[tuple[str, str]]]]:
    """Return by role what it reads, writes and does: pairs of a kind and a name."""
    found: dict[str, dict[str, set[tuple[str, str]]]] = {}
    for template in templates.values():
        resources = template["Resources"]
        for name, resource in resources.items():
            if resource["Type"] != "AWS::IAM::Policy" or _OF_CDK.match(name):
                continue
            own = resource["Properties"]
            role = _name(own["Roles"][0]["Ref"], resources)
            cells = found.setdefault(role, {"reads": set(), "writes": set(), "does": set()})
            for statement in own["PolicyDocument"]["Statement"]:
                for action in _listed(statement["Action"]):
                    for target in _listed(statement["Resource"]):
                        if not action.startswith(_EVERYBODYS):
                            column, told = _told(action, _short(_text(target, resources)))
                            cells[column].add(told)
    return found


def _name(role: str, resources: Mapping[str, Any]) -> str:
    """Name a role by the function that has it, or by what it is for."""
    for resource in resources.values():
        own = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Function" and own["Role"] == {
            "Fn::GetAtt": [role, "Arn"]
        }:
            return _short(str(own["FunctionName"]))
    bare = re.sub(r"[0-9A-F]{8}$", "", role)
    schedule = re.fullmatch(r"SchedulesRole(\w+)", bare)
    return f"schedule {schedule[1]}" if schedule else _CALLED.get(bare, bare)


def _told(action: str, name: str) -> tuple[str, tuple[str, str]]:
    """Return the column, kind and name of one action on one resource."""
    service, verb = action.split(":")
    if service not in _KIND:
        return "does", ("", verb if name == "*" else f"{verb} on {name}")
    reads = _READS.search(action) or (service == "sqs" and verb != "SendMessage")
    return ("reads" if reads else "writes"), (_KIND[service], name)


def _in_words(cell: set[tuple[str, str]], queues: int) -> str:
    """Write one cell; a queue's dead letters stand with their queue."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for kind, name in cell:
        kinds[kind].add(name)
    said = []
    for kind, names in sorted(kinds.items()):
        dead = {name.removesuffix(_DEAD) for name in names if name.endswith(_DEAD)}
        own = {name for name in names if not name.endswith(_DEAD)}
        also = " with dead letters" if dead else ""
        if kind == "log":
            said.append("every log")
        elif kind == "queue" and len(own | dead) == queues:
            said.append(f"every queue{also}")
        elif kind == "queue" and not own:
            said.append(f"dead letters of {', '.join(sorted(dead))}")
        else:
            plural = "s" if kind and len(own) > 1 else ""
            said.append(f"{kind}{plural} {', '.join(sorted(own))}{also}".strip())
    return "; ".join(said) or "-"


def _short(resource: str) -> str:
    """Return an ARN's own name, without what is the same for all."""
    name = re.sub(r"\{AWS::\w+\}", "", resource)
    name = name.rpartition(":::")[2] if name.startswith("arn:") else name
    name = re.sub(r"/(episodes|index|shows|stream)/.*$|(:live|:\*)$", "", name)
    name = re.sub(r"^(table|parameter|function|event-bus|service|task)[:/]", "", name)
    return re.sub(r"^everyword[-/]", "", name.strip("-/")) or name


def _text(value: Any, resources: Mapping[str, Any]) -> str:
    """Write an intrinsic as one text, a resource as the name that it has."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(_text(part, resources) for part in value["Fn::Join"][1])
    target = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    if target.startswith("AWS::"):
        return f"{{{target}}}"
    own = resources[target]["Properties"]
    return next((_text(own[each], resources) for each in _NAMES if each in own), target)


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def templates_in(folder: Path) -> Iterator[tuple[str, Template]]:
    """Give (stack, template) of a folder's."""
    for file in sorted(folder.glob("*.template.json")):
        yield file.name.partition(".")[0], json.loads(file.read_text("utf-8"))


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1] if sys.argv[1:] else "infra/aws/cdk.out")
    print("\n".join(table(dict(templates_in(folder)))))  # noqa: T201 - what docs/aws.md quotes


if __name__ == "__main__":
    main()
