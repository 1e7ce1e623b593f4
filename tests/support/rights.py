"""Who may do what, asked of the synthesized policies at every call that a function makes.

Moto checks no rights. Each call of boto3 (a presigned address is one, too) is read as the IAM
action and the resources that AWS would ask about, and refused where the policies of the role that
acts now do not allow it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NoReturn

import boto3
from botocore.exceptions import ClientError

from support.lowering import ACCOUNT, REGION, Resolver

Params = Mapping[str, Any]
Asked = Iterator[tuple[str, str]]
WORKER = "GPU worker"
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
_OF_S3 = {
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "ListMultipartUploads": "ListBucketMultipartUploads",
}
_READS = {"HeadObject", "GetObject"}
_OF_BUCKETS = {"ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"}


@dataclass
class Statement:
    """What one statement allows."""

    actions: tuple[str, ...]
    resources: tuple[re.Pattern[str], ...]
    rows: tuple[str, ...] = ()
    """The partition keys that it is limited to, if it is."""

    def allows(self, action: str, resource: str, rows: frozenset[str]) -> bool:
        """Tell whether it allows an action on a resource."""
        return (
            action in self.actions
            and any(each.fullmatch(resource) for each in self.resources)
            and (not self.rows or rows <= frozenset(self.rows))
        )


@dataclass
class Rights:
    """The roles of a deployment, and which of them acts now."""

    roles: dict[str, list[Statement]]
    acting: str = ""
    denied: list[str] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    """(role, action) of what was asked for and allowed."""

    @contextmanager
    def as_role(self, role: str) -> Iterator[None]:
        """Act as a function, or as the worker, for the while."""
        before, self.acting = self.acting, role
        try:
            yield
        finally:
            self.acting = before

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Ask at every call of clients that are made from now on."""
        boto3.setup_default_session()
        session: Any = boto3.DEFAULT_SESSION
        session.events.register("provide-client-params", self._ask)
        session.events.register("after-call.s3", self._missing)
        try:
            yield
        finally:
            boto3.setup_default_session()

    def _ask(self, params: Params, model: Any, context: Any, **_: Any) -> None:
        if not self.acting:
            return
        context["bucket asked"] = params.get("Bucket")
        service = model.service_model.service_name
        rows = frozenset(_rows(params))
        for action, resource in asked(service, model.name, params):
            if not any(each.allows(action, resource, rows) for each in self.roles[self.acting]):
                self._deny(model.name, action, resource)
            self.used.add((self.acting, action))

    def _missing(self, model: Any, context: Any, http_response: Any, **_: Any) -> None:
        """Say "forbidden" of what is not there to who may not list the bucket, as S3 does."""
        if (
            self.acting
            and model.name in _READS
            and http_response.status_code == HTTPStatus.NOT_FOUND
        ):
            bucket = f"arn:aws:s3:::{context['bucket asked']}"
            if not any(
                each.allows("s3:ListBucket", bucket, frozenset())
                for each in self.roles[self.acting]
            ):
                self._deny(model.name, "s3:ListBucket", bucket)

    def _deny(self, operation: str, action: str, resource: str) -> NoReturn:
        self.denied.append(f"{self.acting} may not {action} on {resource}")
        error = {"Code": "AccessDeniedException", "Message": self.denied[-1]}
        raise ClientError({"Error": error}, operation)  # type: ignore[typeddict-item]


def rights_of(templates: Mapping[str, Any]) -> Rights:
    """Read the roles of all functions and of the worker."""
    roles: dict[str, list[Statement]] = {}
    for template in templates.values():
        resources = template["Resources"]
        resolve = Resolver(resources)
        of_role: dict[str, list[Statement]] = {}
        for resource in resources.values():
            if resource["Type"] == "AWS::IAM::Policy":
                own = resource["Properties"]
                read = [_statement(resolve(s)) for s in own["PolicyDocument"]["Statement"]]
                for role in own["Roles"]:
                    of_role.setdefault(role["Ref"], []).extend(read)
        for resource in resources.values():
            own = resource.get("Properties", {})
            if resource["Type"] == "AWS::Lambda::Function" and "FunctionName" in own:
                roles[own["FunctionName"]] = of_role[own["Role"]["Fn::GetAtt"][0]]
            elif resource["Type"] == "AWS::ECS::TaskDefinition":
                roles[WORKER] = of_role[own["TaskRoleArn"]["Fn::GetAtt"][0]]
    return Rights(roles)


def _statement(raw: Mapping[str, Any]) -> Statement:
    assert raw["Effect"] == "Allow", raw
    condition = raw.get("Condition", {})
    limits = condition.get("ForAllValues:StringEquals", {}) if condition else {}
    assert not condition or set(limits) == {"dynamodb:LeadingKeys"}, raw
    return Statement(
        tuple(_listed(raw["Action"])),
        tuple(_pattern(each) for each in _listed(raw["Resource"])),
        tuple(limits.get("dynamodb:LeadingKeys", ())),
    )


def _pattern(resource: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(each, re.escape(each)) for each in resource))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def asked(service: str, operation: str, params: Params) -> Asked:
    """Give the IAM actions and resources of one call."""
    try:
        read = _SERVICES[service]
    except KeyError:
        raise AssertionError(f"whose rights does {service}.{operation} need?") from None
    yield from read(operation, params)


def _dynamodb(operation: str, params: Params) -> Asked:
    if operation in {"TransactWriteItems", "TransactGetItems"}:
        for item in params["TransactItems"]:
            for kind, each in item.items():
                yield f"dynamodb:{_WRITES.get(kind, f'{kind}Item')}", _table(each["TableName"])
    elif operation in {"BatchWriteItem", "BatchGetItem"}:
        for table in params["RequestItems"]:
            yield f"dynamodb:{operation}", _table(table)
    else:
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield f"dynamodb:{operation}", _table(params["TableName"]) + index


def _s3(operation: str, params: Params) -> Asked:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    if operation == "DeleteObjects":
        for each in params["Delete"]["Objects"]:
            action = "DeleteObjectVersion" if "VersionId" in each else "DeleteObject"
            yield f"s3:{action}", f"{bucket}/{each['Key']}"
        return
    if operation == "CopyObject":
        source = params["CopySource"]
        yield "s3:GetObject", f"arn:aws:s3:::{source['Bucket']}/{source['Key']}"
        yield "s3:PutObject", f"{bucket}/{params['Key']}"
        return
    action = _OF_S3.get(operation, operation)
    yield f"s3:{action}", bucket if action in _OF_BUCKETS else f"{bucket}/{params['Key']}"


def _sqs(operation: str, params: Params) -> Asked:
    queue = params["QueueUrl"].rpartition("/")[2]
    yield f"sqs:{operation.removesuffix('Batch')}", _arn("sqs", queue)


def _events(operation: str, params: Params) -> Asked:
    for entry in params["Entries"]:
        yield f"events:{operation}", _arn("events", f"event-bus/{entry['EventBusName']}")


def _lambda(operation: str, params: Params) -> Asked:
    assert operation == "Invoke"
    name = params["FunctionName"]
    alias = f":{params['Qualifier']}" if "Qualifier" in params else ""
    yield "lambda:InvokeFunction", _arn("lambda", f"function:{name}{alias}")


def _ssm(operation: str, params: Params) -> Asked:
    names = params.get("Names") or [params["Name"]]
    for name in names:
        yield f"ssm:{operation}", _arn("ssm", f"parameter/{name.removeprefix('/')}")


def _logs(operation: str, params: Params) -> Asked:
    groups = params.get("logGroupNames", ())
    for group in groups:
        yield f"logs:{operation}", _arn("logs", f"log-group:{group}:*")
    if not groups:
        yield f"logs:{operation}", "*"


def _bedrock(_: str, params: Params) -> Asked:
    model = params["modelId"]
    yield "bedrock:InvokeModel", f"arn:aws:bedrock:{REGION}::foundation-model/{model}"


def _table(name: str) -> str:
    return _arn("dynamodb", f"table/{name}")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def _rows(params: Params) -> Iterator[str]:
    """Give the partition keys that a call of DynamoDB names."""
    for row in (params.get("Key"), params.get("Item")):
        if isinstance(row, Mapping) and "pk" in row:
            yield row["pk"]["S"]


_SERVICES: Mapping[str, Callable[[str, Params], Asked]] = {
    "bedrock-runtime": _bedrock,
    "dynamodb": _dynamodb,
    "events": _events,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "sqs": _sqs,
    "ssm": _ssm,
}
